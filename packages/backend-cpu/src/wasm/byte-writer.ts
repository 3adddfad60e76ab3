// A growing byte buffer with the encodings of the WebAssembly binary format (LEB128, little-endian floats, vectors).

const utf8 = new TextEncoder()
// Floats pass through here: a DataView per writer costs more than it saves.
const float = new DataView(new ArrayBuffer(8))
const floatBytes = new Uint8Array(float.buffer)

/** Appends to one Uint8Array that doubles when full. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** The bytes written so far: a view, valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    const need = this.#length + count
    if (need <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2))
    grown.set(this.bytes())
    this.#bytes = grown
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  raw(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /** Unsigned LEB128 of a number in [0, 2^32). */
  unsigned(value: number): void {
    this.#reserve(5)
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value & 0x7f) | 0x80
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#length++] = value
  }

  /** Signed LEB128 of a 32-bit integer. Values in [2^31, 2^32) are taken as their two's complement. */
  signed(value: number): void {
    this.#reserve(5)
    let v = value | 0
    for (;;) {
      const low = v & 0x7f
      v >>= 7
      if ((v === 0 && (low & 0x40) === 0) || (v === -1 && (low & 0x40) !== 0)) {
        this.#bytes[this.#length++] = low
        return
      }
      this.#bytes[this.#length++] = low | 0x80
    }
  }

  /** Signed LEB128 of a 64-bit integer. Values in [2^63, 2^64) are taken as their two's complement. */
  signed64(value: bigint): void {
    let v = BigInt.asIntN(64, value)
    for (;;) {
      const low = Number(v & 0x7fn)
      v >>= 7n
      if ((v === 0n && (low & 0x40) === 0) || (v === -1n && (low & 0x40) !== 0)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  f32(value: number): void {
    float.setFloat32(0, value, true)
    this.raw(floatBytes.subarray(0, 4))
  }

  f64(value: number): void {
    float.setFloat64(0, value, true)
    this.raw(floatBytes)
  }

  /** An opcode in the numbering of opcodes.ts. */
  op(code: number): void {
    if (code < 0x100) {
      this.byte(code)
      return
    }
    this.byte(code >>> 16)
    this.unsigned(code & 0xffff)
  }

  /** A length-prefixed UTF-8 string. */
  name(text: string): void {
    this.sized(utf8.encode(text))
  }

  /** A length-prefixed run of bytes. */
  sized(values: Uint8Array): void {
    this.unsigned(values.length)
    this.raw(values)
  }
}

/** The bytes that `write` writes: immediates of constants. */
export function encode(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter(16)
  write(w)
  return w.bytes()
}
