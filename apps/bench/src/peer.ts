// What a library has to do to be compared: predict, and train one step at a time on the host's data.

/** Images and one-hot targets on the host. */
export interface TrainingBatch {
  readonly x: { readonly shape: readonly number[]; readonly data: Float32Array }
  readonly y: { readonly shape: readonly number[]; readonly data: Float32Array }
}

export interface Peer {
  readonly name: string
  /** Steps that one timing takes, so that it is long against the clock's resolution. */
  readonly stepsPerSample: number
  /** Probabilities, one row per image. */
  predict(batch: TrainingBatch): Promise<Float32Array>
  /** One training step; returns the loss before the update, on the host. */
  step(batch: TrainingBatch): Promise<number>
  dispose(): Promise<void>
}
