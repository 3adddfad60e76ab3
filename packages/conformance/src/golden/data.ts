// The golden data of golden/ (see its README): reference values of Keras 3 in float64. Where the bytes come from is for the
// caller to say: files in Node, fetch in a browser.
import { readSafetensors, type SafetensorsTensor } from '@strata/api'

/** Constructor arguments of a Keras object, in Keras's own names. */
export type KerasConfig = Readonly<Record<string, unknown>>

/** Weight or variable name to tensor key. */
export type TensorKeys = Readonly<Record<string, string>>

interface GoldenCase {
  readonly id: string
  /** The Keras class (`function:<name>` for an activation function). */
  readonly layer: string
  readonly config: KerasConfig
  readonly note?: string
  /** The inputs lie on a kink or a tie, where the gradient is a convention. */
  readonly tie?: boolean
}

/** Tensor keys of what a layer call must give: `output`, `grad_input`, `grad_<weight>`, `new_<state>`. */
export type LayerExpected = Readonly<Record<string, string | readonly string[]>> & { readonly output: string }

/** One call of a layer. */
export interface LayerCall {
  readonly inputs: readonly string[]
  readonly training: boolean
  readonly upstream: string
  readonly expected: LayerExpected
}

interface LayerCaseBase extends GoldenCase {
  readonly weights?: TensorKeys
  readonly reference_backend: string
  /** The layer takes a list of tensors, and `grad_input` is a list of keys. */
  readonly inputs_as_list?: boolean
  readonly mask?: string
  /** Call adapt() with this tensor first. */
  readonly adapt_data?: string
}
/** A layer case is one call or a sequence of calls; the state carries over from call to call. */
export type LayerCase = LayerCaseBase & (LayerCall | { readonly sequence: readonly LayerCall[] })

export interface LossCase extends GoldenCase {
  readonly inputs: readonly [yTrue: string, yPred: string]
  readonly sample_weight?: string
  /** Only for reduction "none"; else the upstream gradient is 1. */
  readonly upstream?: string
  readonly expected: { readonly value: string; readonly grad_pred: string; readonly per_sample: string }
}

export interface OptimizerCase extends GoldenCase {
  readonly variables: TensorKeys
  /** Each [steps, ...shape of the variable]. */
  readonly gradients: TensorKeys
  readonly expected: { readonly kernel: string; readonly bias: string; readonly learning_rate: string }
}

export interface MetricCase extends GoldenCase {
  readonly updates: readonly { readonly inputs: readonly string[]; readonly sample_weight?: string }[]
  /** One key per update. */
  readonly expected: { readonly results: readonly string[] }
}

export interface TrajectoryRun {
  /** [steps]: loss and accuracy of each step alone, before its update. */
  readonly loss: string
  readonly accuracy: string
  readonly predict_before: string
  readonly predict_after: string
  readonly final_weights: TensorKeys
}

export interface TrajectoryCase {
  readonly id: string
  readonly kind: string
  readonly config: KerasConfig
  readonly optimizer: string
  readonly optimizer_config: KerasConfig
  readonly loss: string
  readonly metrics: readonly string[]
  readonly batch_size: number
  readonly steps: number
  readonly batches: number
  readonly data_order: string
  readonly predict_rows: readonly [begin: number, end: number]
  /** What Keras's to_json() gives. */
  readonly architecture: KerasConfig
  readonly x: string
  readonly y: string
  readonly initial_weights: TensorKeys
  readonly trainable: readonly string[]
  readonly expected: TrajectoryRun & { readonly step1_gradients: TensorKeys }
  readonly float32_run: TrajectoryRun
  /** How far Keras's own float32 run is from float64. */
  readonly float32_deviation: {
    readonly loss_abs_per_step: readonly number[]
    readonly predict_after_abs: number
    readonly step1_gradients_rel_max: number
    readonly final_weights_rel_max: number
  }
}

export interface FileCase {
  readonly id: string
  readonly kind: string
  readonly config: KerasConfig
  /** Extension to path inside golden/; only `.json` and `.summary.txt` are kept here. */
  readonly files: Readonly<Record<string, string>>
  readonly sample_inputs: string
  readonly weights: TensorKeys
  readonly weight_order: readonly string[]
  readonly layers: readonly {
    readonly name: string
    readonly class: string
    readonly params: number
    readonly output_shape: readonly (number | null)[]
  }[]
  readonly total_params: number
  readonly trainable_params: number
  readonly expected: { readonly predict_f32: string; readonly predict_f64: string }
}

/** The case schema of each group. */
export interface GoldenCases {
  readonly layers: LayerCase
  readonly losses: LossCase
  readonly optimizers: OptimizerCase
  readonly metrics: MetricCase
  readonly trajectories: TrajectoryCase
  readonly files: FileCase
}

export type GoldenGroup = keyof GoldenCases

/** The cases of a group and its tensors. */
export interface Golden<G extends GoldenGroup> {
  readonly cases: readonly GoldenCases[G][]
  /** All tensor keys of the group. */
  readonly keys: readonly string[]
  /**
   * The tensor of a key; its data is a view of one buffer that is read once, so do not write to it.
   *
   * @throws RangeError for a key that the group does not have.
   */
  tensor(key: string): SafetensorsTensor
}

/** Gives a group of golden data. */
export type GoldenLoader = <G extends GoldenGroup>(group: G) => Promise<Golden<G>>

interface GoldenIndex<G extends GoldenGroup> {
  readonly cases: readonly GoldenCases[G][]
  readonly case_count: number
  readonly tensor_count: number
  /** Path of the tensors. */
  readonly tensors: string
}

/**
 * A loader over anything that gives bytes by path.
 *
 * @param read the bytes of a file of golden/, such as 'layers.json'
 * @example
 * const goldens = goldensFrom(async path => new Uint8Array(await (await fetch(`golden/${path}`)).arrayBuffer()))
 */
export function goldensFrom(read: (path: string) => Promise<Uint8Array>): GoldenLoader {
  const loaded = new Map<GoldenGroup, Promise<unknown>>()
  return async group => {
    const load = async () => {
      const index: GoldenIndex<typeof group> = JSON.parse(new TextDecoder().decode(await read(`${group}.json`)))
      return goldenOf(group, index, await read(index.tensors))
    }
    const found = loaded.get(group) ?? load()
    loaded.set(group, found)
    return found as ReturnType<typeof load>
  }
}

/**
 * A group of golden data from its index and the bytes of its tensors.
 * @throws RangeError if the case or tensor count is not the one that the index states
 */
export function goldenOf<G extends GoldenGroup>(group: G, index: GoldenIndex<G>, bytes: Uint8Array): Golden<G> {
  const { tensors } = readSafetensors(bytes, index.tensors)
  if (index.cases.length !== index.case_count || tensors.size !== index.tensor_count) {
    throw new RangeError(
      `golden ${group}: expected ${index.case_count} cases and ${index.tensor_count} tensors, ` +
        `got ${index.cases.length} and ${tensors.size}`,
    )
  }
  return {
    cases: index.cases,
    keys: [...tensors.keys()],
    tensor(key) {
      const tensor = tensors.get(key)
      if (tensor === undefined) throw new RangeError(`golden ${group}: no tensor '${key}'`)
      return tensor
    },
  }
}
