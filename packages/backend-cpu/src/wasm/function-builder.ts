// The typed function builder: kernel code that reads like code, and becomes tight WebAssembly.
//
//   const m = new ModuleBuilder({ relaxedFma: features.relaxedFma, memory: { shared: true, maximum: 65536 } })
//
//   // y += a * x over n floats: four vectors a trip, then single floats. Pointers are bytes.
//   const axpy = m.func('axpy', { n: 'i32', a: 'f32', x: 'i32', y: 'i32' }, null, (f, { n, a, x, y }) => {
//     const av = f.let(F32x4.splat(a))
//     f.repeat(n.shrU(4), () => {
//       for (let u = 0; u < 64; u += 16) {
//         f.store(y, f.madd(av, F32x4.load(x, u), F32x4.load(y, u)), u)
//       }
//       x.inc(64)
//       y.inc(64)
//     })
//     f.repeat(n.and(15), () => {
//       f.store(y, f.madd(a, F32.load(x), F32.load(y)))
//       x.inc(4)
//       y.inc(4)
//     })
//   })
//   m.export(axpy)
//
//   // The sum of n floats (n a multiple of 4), as an expression result.
//   const sum = m.func('sum', { x: 'i32', n: 'i32' }, 'f32', (f, { x, n }) => {
//     const acc = f.local('f32x4', 0)
//     f.forPointer(x, x.add(n.shl(2)), 16, p => acc.set(acc.add(F32x4.load(p))))
//     const pair = f.let(acc.add(acc.shuffle(acc, [2, 3, 0, 1])))
//     return pair.lane(0).add(pair.lane(1))
//   })
//
//   const module = new WebAssembly.Module(m.bytes())
//   const { exports } = new WebAssembly.Instance(module, { env: { memory } })
//
// Rules:
// - Operations (`a.add(b)`, `F32x4.load(p, 16)`) build expressions; only statements (`set`, `inc`, `let`, `store`, `if`,
//   `for`, `drop`, ...) emit. An expression is evaluated where a statement consumes it, with the locals' values then.
// - An expression may be consumed once. To use a value again, keep it: `const v = f.let(...)`. Locals, parameters and
//   constants may be used freely; numbers stand for constants.
// - A local lives until its scope ends (bodies of for, repeat, while, if, block, loop, scope) and its register is then
//   reused: so set it before reading it. Parameters are locals and may be set.
// - The offset of loads and stores is added without wrapping: a pointer that is negative before the offset traps.
// - Misuse throws EmitError at generation; mixing types does not compile.

import { AtomicBuilder } from './atomic-builder.js'
import { EmitError } from './errors.js'
import { type Expression, type Kind, VALUE_TYPE_OF, writeInstruction } from './expression.js'
import { F32x4 } from './float-vectors.js'
import type { F32 } from './floats.js'
import type { FunctionHandle, GlobalHandle, Params } from './handles.js'
import { I32 } from './integers.js'
import { type ExpressionOf, type LocalI32, typedNode, typedValue, type ValueOf } from './locals.js'
import { CONTROL, EMPTY_BLOCK, F32X4_OP, VARIABLE } from './opcodes.js'

/** A block or loop that can be branched to from inside it. */
export class Label {
  /** @internal False once its block has ended. */
  live = true
  /** @internal */
  constructor(
    readonly builder: FunctionBuilder,
    readonly depth: number,
  ) {}
  /** Jumps: out of a block, to the start of a loop. */
  branch(): void {
    this.builder.branch(this)
  }
  /** Jumps if the condition is not 0. */
  branchIf(condition: I32): void {
    this.builder.branchIf(this, condition)
  }
}

/** Emits the body of one function. Made by `ModuleBuilder.func`. */
export class FunctionBuilder extends AtomicBuilder {
  #depth = 0

  // Control

  /**
   * `for (i = from; i < to; i += step) body(i)`, signed; a negative step counts down while `i > to`.
   * Constant bounds decide at generation whether the loop is entered; otherwise one test guards it, and every trip
   * ends in one branch. The bound is evaluated once (a local given as bound is read on every trip).
   */
  for(from: I32 | number, to: I32 | number, step: number, body: (i: LocalI32) => void): void {
    this.#counted(from, to, step, true, body)
  }

  /** `for` with an unsigned comparison: for pointers, which may lie above 2^31. */
  forPointer(from: I32 | number, to: I32 | number, step: number, body: (p: LocalI32) => void): void {
    this.#counted(from, to, step, false, body)
  }

  #counted(from: I32 | number, to: I32 | number, step: number, signed: boolean, body: (i: LocalI32) => void): void {
    if (!Number.isInteger(step) || step === 0) throw new EmitError(this.name, 'for: step', 'a non-zero integer', step)
    this.scope(() => {
      const start = I32.from(from)
      const bound = I32.from(to)
      const end = bound.constant === undefined && !isLocal(bound) ? this.let(bound) : bound
      const more = (i: I32): I32 => (step > 0 ? (signed ? i.ltS(end) : i.ltU(end)) : signed ? i.gtS(end) : i.gtU(end))
      const trip = (): void => {
        const i = this.local('i32')
        const loop = (): void =>
          this.loop(again => {
            body(i)
            i.inc(step)
            again.branchIf(more(i))
          })
        if (start.constant !== undefined && end.constant !== undefined) {
          i.set(start)
          loop()
        } else this.if(more(this.tee(i, start)), loop)
      }
      if (start.constant === undefined || end.constant === undefined) trip()
      else {
        const [a, b] = signed ? [start.constant, end.constant] : [start.constant >>> 0, end.constant >>> 0]
        if (step > 0 ? a < b : a > b) trip()
      }
    })
  }

  /** `body` exactly `count` times (unsigned): the cheapest loop when no index is needed. */
  repeat(count: I32 | number, body: () => void): void {
    const n = I32.from(count)
    if (n.constant === 0) return
    this.scope(() => {
      if (n.constant === 1) {
        body()
        return
      }
      const left = this.local('i32')
      const loop = (): void =>
        this.loop(again => {
          body()
          this.branchIf(again, this.tee(left, left.sub(1)))
        })
      if (n.constant !== undefined) {
        left.set(n)
        loop()
      } else this.if(this.tee(left, n), loop)
    })
  }

  /** While the condition holds. `condition` is called twice: the test before the first trip, and after each. */
  while(condition: () => I32, body: () => void): void {
    this.if(condition(), () => this.doWhile(body, condition))
  }

  /** At least once, and again while the condition holds. */
  doWhile(body: () => void, condition: () => I32): void {
    this.loop(again => {
      body()
      again.branchIf(condition())
    })
  }

  /** If the condition is not 0. A constant condition is decided at generation. */
  if(condition: I32, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      if (condition.constant !== 0) this.scope(then)
      else if (otherwise !== undefined) this.scope(otherwise)
      return
    }
    this.emit(condition)
    this.w.op(CONTROL.if)
    this.w.byte(EMPTY_BLOCK)
    this.#depth++
    this.scope(then)
    if (otherwise !== undefined) {
      this.w.op(CONTROL.else)
      this.scope(otherwise)
    }
    this.#depth--
    this.w.op(CONTROL.end)
  }

  /** A block; branching to its label leaves it. */
  block(body: (exit: Label) => void): void {
    this.#structured(CONTROL.block, body)
  }

  /** A loop; branching to its label starts the next trip, falling off the end leaves it. */
  loop(body: (again: Label) => void): void {
    this.#structured(CONTROL.loop, body)
  }

  /** Runs the case of this index, or none where there is no such case. */
  switch(index: I32, cases: readonly (() => void)[]): void {
    this.block(exit => {
      const labels: Label[] = []
      const nest = (n: number): void => {
        if (n < 0) {
          this.emit(index)
          this.w.op(CONTROL.brTable)
          this.w.unsigned(labels.length)
          for (const label of [...labels.reverse(), exit]) this.w.unsigned(this.#distance(label))
          return
        }
        // Each case follows the block that its label leaves.
        this.block(label => {
          labels.push(label)
          nest(n - 1)
        })
        cases[n]()
        if (n < cases.length - 1) exit.branch()
      }
      nest(cases.length - 1)
    })
  }

  #structured(op: number, body: (label: Label) => void): void {
    this.w.op(op)
    this.w.byte(EMPTY_BLOCK)
    const label = new Label(this, ++this.#depth)
    this.scope(() => body(label))
    label.live = false
    this.#depth--
    this.w.op(CONTROL.end)
  }

  /** @internal */
  branch(label: Label): void {
    this.w.op(CONTROL.br)
    this.w.unsigned(this.#distance(label))
  }
  /** @internal */
  branchIf(label: Label, condition: I32): void {
    this.emit(condition)
    this.w.op(CONTROL.brIf)
    this.w.unsigned(this.#distance(label))
  }
  #distance(label: Label): number {
    if (label.builder !== this || !label.live) {
      throw new EmitError(this.name, 'branch to a label outside its block')
    }
    return this.#depth - label.depth
  }

  /** Leaves the function, with the result if it has one. */
  return(value?: Expression): void {
    if ((value?.kind ?? null) !== this.result) {
      throw new EmitError(this.name, 'return', this.result ?? 'no value', value?.kind ?? 'no value')
    }
    if (value !== undefined) this.emit(value)
    this.w.op(CONTROL.return)
  }

  /** Traps. */
  unreachable(): void {
    this.w.op(CONTROL.unreachable)
  }

  // Values

  /** `a` if the condition is not 0, else `b`; both are evaluated. */
  select<K extends Kind>(
    condition: I32,
    a: ExpressionOf[K] & { readonly kind: K },
    b: ExpressionOf[K] & { readonly kind: K },
  ): ExpressionOf[K] {
    const type = VALUE_TYPE_OF[a.kind]
    return type === VALUE_TYPE_OF.f32x4
      ? typedNode<K>(a.kind, CONTROL.selectTyped, [a, b, condition], new Uint8Array([1, type]))
      : typedNode<K>(a.kind, CONTROL.select, [a, b, condition])
  }

  /**
   * `a * b + acc`: rounded once with relaxed FMA, twice without. Scalars go through lane 0 of the same instruction, so
   * that the tail of a loop rounds as its vector body does.
   */
  madd(a: F32x4, b: F32x4, acc: F32x4): F32x4
  madd(a: F32, b: F32, acc: F32): F32
  madd(a: F32x4 | F32, b: F32x4 | F32, acc: F32x4 | F32): F32x4 | F32 {
    return this.#fused(F32X4_OP.relaxedMadd, false, a, b, acc)
  }

  /** `acc - a * b`, rounded as `madd`. */
  nmadd(a: F32x4, b: F32x4, acc: F32x4): F32x4
  nmadd(a: F32, b: F32, acc: F32): F32
  nmadd(a: F32x4 | F32, b: F32x4 | F32, acc: F32x4 | F32): F32x4 | F32 {
    return this.#fused(F32X4_OP.relaxedNmadd, true, a, b, acc)
  }

  #fused(op: number, negate: boolean, a: F32x4 | F32, b: F32x4 | F32, acc: F32x4 | F32): F32x4 | F32 {
    if (a.kind === 'f32x4' && b.kind === 'f32x4' && acc.kind === 'f32x4') {
      if (this.features.relaxedFma) return new F32x4(op, [a, b, acc])
      return negate ? acc.sub(a.mul(b)) : a.mul(b).add(acc)
    }
    if (a.kind === 'f32' && b.kind === 'f32' && acc.kind === 'f32') {
      if (this.features.relaxedFma) {
        return new F32x4(op, [F32x4.splat(a), F32x4.splat(b), F32x4.splat(acc)]).lane(0)
      }
      return negate ? acc.sub(a.mul(b)) : a.mul(b).add(acc)
    }
    throw new EmitError(this.name, 'madd: operands', 'three f32x4 or three f32', `${a.kind}, ${b.kind}, ${acc.kind}`)
  }

  // Calls and globals

  /** Calls a function of the module, by parameter name. With a result it is an expression, else a statement. */
  call<P extends Params>(callee: FunctionHandle<P, null>, args: { readonly [N in keyof P]: ValueOf[P[N]] }): void
  call<P extends Params, R extends Kind>(
    callee: FunctionHandle<P, R>,
    args: { readonly [N in keyof P]: ValueOf[P[N]] },
  ): ExpressionOf[R]
  call<P extends Params>(
    callee: FunctionHandle<P, Kind | null>,
    args: { readonly [N in keyof P]: ValueOf[P[N]] },
  ): Expression | undefined {
    const operands = Object.keys(callee.params).map(name => {
      const value = args[name]
      if (value === undefined) throw new EmitError(this.name, `call of ${callee.name}: missing argument`, name)
      return typedValue(callee.params[name], value)
    })
    if (callee.result !== null) {
      const call = typedNode(callee.result, CONTROL.call, operands, callee.index)
      this.pendingEffects.add(call)
      return call
    }
    for (const operand of operands) this.emit(operand)
    writeInstruction(this.w, CONTROL.call, callee.index)
    return undefined
  }

  getGlobal<K extends Kind>(global: GlobalHandle<K>): ExpressionOf[K] {
    return typedNode(global.kind, VARIABLE.globalGet, [], global.index)
  }
  setGlobal<K extends Kind>(global: GlobalHandle<K>, value: ValueOf[K]): void {
    if (!global.mutable) throw new EmitError(this.name, `global ${global.name} is not mutable`)
    this.emit(typedValue(global.kind, value))
    writeInstruction(this.w, VARIABLE.globalSet, global.index)
  }
}

function isLocal(e: Expression): boolean {
  return e.op === VARIABLE.localGet
}
