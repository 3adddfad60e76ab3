// The walk of a window over an image that convolutions and pooling share.
import type { Window } from '@strata/api/backend'

/**
 * Visits every pair of an output pixel and a window position that falls on the image, window positions of one output
 * pixel in row-major order.
 *
 * @param image [N, H, W, ...]
 * @param output [N, OH, OW, ...]
 * @param size [kh, kw]
 * @param visit gets pixel numbers: n * H * W + h * W + w, i * kw + j, n * OH * OW + oh * OW + ow
 */
export function forEachWindowPosition(
  image: readonly number[],
  output: readonly number[],
  size: readonly number[],
  { strides, padding, dilation }: Window,
  visit: (pixel: number, position: number, outputPixel: number) => void,
): void {
  const [batch, height, width] = image
  const [, rows, columns] = output
  for (let n = 0; n < batch; n++) {
    for (let oh = 0; oh < rows; oh++) {
      for (let ow = 0; ow < columns; ow++) {
        for (let i = 0; i < size[0]; i++) {
          const h = oh * strides[0] - padding[0] + i * dilation[0]
          if (h < 0 || h >= height) continue
          for (let j = 0; j < size[1]; j++) {
            const w = ow * strides[1] - padding[2] + j * dilation[1]
            if (w < 0 || w >= width) continue
            visit((n * height + h) * width + w, i * size[1] + j, (n * rows + oh) * columns + ow)
          }
        }
      }
    }
  }
}
