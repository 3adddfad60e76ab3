// LearningRateScheduler: a learning rate per epoch.
import { ArgumentError } from '../errors.js'
import { Callback, type Logs } from './callback.js'

/**
 * Sets the learning rate at the start of each epoch. Logs `learningRate`.
 * @example new LearningRateScheduler((epoch, rate) => epoch < 10 ? rate : rate * 0.9)
 */
export class LearningRateScheduler extends Callback {
  /** @param schedule gives the new rate from the epoch's number, from 0, and the rate so far */
  constructor(readonly schedule: (epoch: number, learningRate: number) => number) {
    super()
    if (typeof schedule !== 'function') {
      throw new ArgumentError({
        where: 'LearningRateScheduler',
        what: 'schedule',
        expected: 'a function',
        got: schedule,
      })
    }
  }
  /** @throws ArgumentError if the schedule gives anything but a finite number of at least 0 */
  override onEpochBegin(epoch: number): void {
    const { optimizer } = this.model
    const rate = this.schedule(epoch, optimizer.learningRateAt())
    if (!(Number.isFinite(rate) && rate >= 0)) {
      throw new ArgumentError({
        where: 'LearningRateScheduler',
        what: `rate of epoch ${epoch}`,
        expected: 'a number of at least 0',
        got: rate,
      })
    }
    optimizer.learningRate = rate
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    logs.learningRate = this.model.optimizer.learningRateAt()
  }
}
