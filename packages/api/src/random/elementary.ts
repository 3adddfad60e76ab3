// Logarithm and sine/cosine for random numbers, from additions, multiplications and divisions alone. JavaScript
// leaves the last bits of Math.log and Math.cos to the engine; these are the same bits on every one.
//
// Source: the polynomials and the splitting of fdlibm 5.3 (Sun Microsystems; e_log.c, k_sin.c, k_cos.c).

const LN2_HIGH = 6.931471803691238e-1
const LN2_LOW = 1.9082149292705877e-10

const word = new DataView(new ArrayBuffer(8))

/** The natural logarithm of a normal positive number (within 1 ulp). */
export function logOf(x: number): number {
  word.setFloat64(0, x)
  const high = word.getUint32(0)
  let exponent = (high >>> 20) - 1023
  word.setUint32(0, (high & 0xfffff) | 0x3ff00000)
  let m = word.getFloat64(0) // in [1, 2)
  if (m > Math.SQRT2) {
    m /= 2
    exponent++
  }
  // log(1 + f) = f - f*f/2 + s*(f*f/2 + R(s*s)), s = f / (2 + f)
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (3.999999999940942e-1 + w * (2.2222198432149784e-1 + w * 1.5313837699209373e-1))
  const odd =
    z * (6.666666666666735e-1 + w * (2.857142874366239e-1 + w * (1.818357216161805e-1 + w * 1.4798198605116586e-1)))
  const half = 0.5 * f * f
  return exponent * LN2_HIGH - (half - (s * (half + even + odd) + exponent * LN2_LOW) - f)
}

// sin and cos on |x| <= pi/4
function kernelSin(x: number): number {
  const z = x * x
  const r =
    8.33333333332249e-3 +
    z * (-1.984126982985795e-4 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  return x + x * z * (-1.6666666666666632e-1 + z * r)
}

function kernelCos(x: number): number {
  const z = x * x
  const r =
    4.16666666666666e-2 +
    z *
      (-1.388888888887411e-3 +
        z *
          (2.480158728947673e-5 +
            z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))))
  return 1 - (0.5 * z - z * z * r)
}

/** Cosine and sine of the angle of `turns` full turns, `turns` in [0, 1): the reduction to an eighth is exact. */
export function cosSinOfTurns(turns: number): readonly [cos: number, sin: number] {
  const quarter = Math.floor(turns * 4 + 0.5)
  const angle = (turns - quarter / 4) * (2 * Math.PI)
  const c = kernelCos(angle)
  const s = kernelSin(angle)
  switch (quarter & 3) {
    case 0:
      return [c, s]
    case 1:
      return [-s, c]
    case 2:
      return [-c, -s]
    default:
      return [s, -c]
  }
}
