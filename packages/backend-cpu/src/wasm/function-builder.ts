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

import { ByteWriter } from './byte-writer.js'
import { EmitError } from './errors.js'
import { type Expression, type Kind, laneIndex, memoryArgument, VALUE_TYPE_OF, writeInstruction } from './expression.js'
import type { FunctionHandle, GlobalHandle, Params } from './handles.js'
import {
  type ExpressionOf,
  type LocalI32,
  type LocalOf,
  type LocalSlot,
  typedLocal,
  typedNode,
  typedValue,
  type ValueOf,
} from './locals.js'
import { CONTROL, EMPTY_BLOCK, F32_OP, F32X4_OP, F64_OP, I32_OP, I64_OP, MEMORY, V128_OP, VARIABLE } from './opcodes.js'
import { type F32, I32 } from './scalars.js'
import { F32x4 } from './vectors.js'

/** What the engine that will run the module offers. */
export interface EmitFeatures {
  /** Use relaxed_madd (one rounding); else multiply and add (two roundings). */
  readonly relaxedFma: boolean
}

/** A block or loop that can be branched to from inside it. */
export class Label {
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

const STORE_OP: Readonly<Record<Kind, readonly [op: number, align: number]>> = {
  i32: [I32_OP.store, 2],
  i64: [I64_OP.store, 3],
  f32: [F32_OP.store, 2],
  f64: [F64_OP.store, 3],
  f32x4: [V128_OP.store, 2],
  i32x4: [V128_OP.store, 2],
  i64x2: [V128_OP.store, 2],
  f64x2: [V128_OP.store, 2],
}

/** Emits the body of one function. Made by `ModuleBuilder.func`. */
export class FunctionBuilder {
  readonly #w = new ByteWriter(512)
  readonly #localTypes: number[] = []
  readonly #localNames: (readonly [index: number, name: string])[] = []
  readonly #free = new Map<number, number[]>()
  readonly #pendingCalls = new Set<Expression>()
  #scope: { slot: LocalSlot; type: number }[] = []
  #depth = 0
  #open: boolean = true

  constructor(
    readonly name: string,
    readonly features: EmitFeatures,
    private readonly parameterCount: number,
    private readonly result: Kind | null,
  ) {}

  // Locals

  /** A local of the given kind, free to be reused when the enclosing scope ends. Set it before it is read. */
  local<K extends Kind>(kind: K, initial?: ValueOf[K], name?: string): LocalOf[K] {
    const type = VALUE_TYPE_OF[kind]
    const index = this.#free.get(type)?.pop() ?? this.parameterCount + this.#localTypes.push(type) - 1
    const slot = this.slot(index, name ?? `${kind}_${index}`, false)
    if (name !== undefined) this.#localNames.push([index, name])
    this.#scope.push({ slot, type })
    const local = typedLocal(kind, slot)
    if (initial !== undefined) slot.set(typedValue(kind, initial))
    return local
  }

  /** Several locals of one kind: the accumulators of a tile. */
  locals<K extends Kind>(kind: K, count: number, initial?: ValueOf[K]): LocalOf[K][] {
    return Array.from({ length: count }, () => this.local(kind, initial))
  }

  /** Evaluates now, into a new local that may be read any number of times. */
  let<K extends Kind>(value: Expression & { readonly kind: K }, name?: string): LocalOf[K] {
    const local = this.local<K>(value.kind, undefined, name)
    local.slot.set(value)
    return local
  }

  /** @internal The slot of a parameter (assigned from the start) or a local. */
  slot(index: number, name: string, assigned: boolean): LocalSlot {
    const slot: LocalSlot = {
      index,
      name,
      live: true,
      assigned,
      set: value => {
        if (!slot.live) throw new EmitError(this.name, `${name} is set outside the scope that declared it`)
        this.#emit(value)
        this.#w.op(VARIABLE.localSet)
        this.#w.unsigned(index)
        slot.assigned = true
      },
    }
    return slot
  }

  /** Runs `body`; locals declared in it are free again afterwards. Loops, ifs and blocks are scopes already. */
  scope(body: () => void): void {
    const outer = this.#scope
    this.#scope = []
    body()
    for (const { slot, type } of this.#scope.reverse()) {
      slot.live = false
      const free = this.#free.get(type)
      if (free === undefined) this.#free.set(type, [slot.index])
      else free.push(slot.index)
    }
    this.#scope = outer
  }

  // Control

  /**
   * `for (i = from; i < to; i += step) body(i)`, signed; a negative step counts down while `i > to`.
   * Constant bounds decide at generation whether the loop is entered; otherwise one test guards it, and every trip
   * ends in one branch. The bound is evaluated once. `body` must not set `i`.
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
        const i = this.local('i32', start)
        const loop = (): void =>
          this.loop(again => {
            body(i)
            i.inc(step)
            again.branchIf(more(i))
          })
        if (start.constant !== undefined && end.constant !== undefined) loop()
        else this.if(more(i), loop)
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
      const left = this.local('i32', n)
      const loop = (): void =>
        this.loop(again => {
          body()
          this.branchIf(again, this.tee(left, left.sub(1)))
        })
      if (n.constant !== undefined) loop()
      else this.if(left, loop)
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
    this.#emit(condition)
    this.#w.op(CONTROL.if)
    this.#w.byte(EMPTY_BLOCK)
    this.#depth++
    this.scope(then)
    if (otherwise !== undefined) {
      this.#w.op(CONTROL.else)
      this.scope(otherwise)
    }
    this.#depth--
    this.#w.op(CONTROL.end)
  }

  /** A block; branching to its label leaves it. */
  block(body: (exit: Label) => void): void {
    this.#structured(CONTROL.block, body)
  }

  /** A loop; branching to its label starts the next trip, falling off the end leaves it. */
  loop(body: (again: Label) => void): void {
    this.#structured(CONTROL.loop, body)
  }

  #structured(op: number, body: (label: Label) => void): void {
    this.#w.op(op)
    this.#w.byte(EMPTY_BLOCK)
    const label = new Label(this, ++this.#depth)
    this.scope(() => body(label))
    this.#depth--
    this.#w.op(CONTROL.end)
  }

  /** @internal */
  branch(label: Label): void {
    this.#w.op(CONTROL.br)
    this.#w.unsigned(this.#distance(label))
  }
  /** @internal */
  branchIf(label: Label, condition: I32): void {
    this.#emit(condition)
    this.#w.op(CONTROL.brIf)
    this.#w.unsigned(this.#distance(label))
  }
  #distance(label: Label): number {
    if (label.builder !== this || label.depth > this.#depth) {
      throw new EmitError(this.name, 'branch to a label outside its block')
    }
    return this.#depth - label.depth
  }

  /** Leaves the function, with the result if it has one. */
  return(value?: Expression): void {
    if ((value?.kind ?? null) !== this.result) {
      throw new EmitError(this.name, 'return', this.result ?? 'no value', value?.kind ?? 'no value')
    }
    if (value !== undefined) this.#emit(value)
    this.#w.op(CONTROL.return)
  }

  /** Traps. */
  unreachable(): void {
    this.#w.op(CONTROL.unreachable)
  }

  // Values

  /** Sets the local and is the value set. */
  tee<K extends Kind>(local: LocalOf[K] & { readonly kind: K }, value: ExpressionOf[K]): ExpressionOf[K] {
    local.slot.assigned = true
    return typedNode<K>(local.kind, VARIABLE.localTee, [value], local.slot.index)
  }

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

  // Memory

  /** Stores a value of any kind at `address + offset` (constant offset, in bytes). */
  store(address: I32 | number, value: Expression, offset = 0): void {
    const [op, align] = STORE_OP[value.kind]
    this.#store(op, address, value, memoryArgument(align, offset))
  }
  /** Stores the low 8 bits. */
  store8(address: I32 | number, value: I32 | number, offset = 0): void {
    this.#store(I32_OP.store8, address, I32.from(value), memoryArgument(0, offset))
  }
  /** Stores the low 16 bits. */
  store16(address: I32 | number, value: I32 | number, offset = 0): void {
    this.#store(I32_OP.store16, address, I32.from(value), memoryArgument(1, offset))
  }
  /** Stores one 32-bit lane. */
  storeLane(
    address: I32 | number,
    vector: ExpressionOf['f32x4'] | ExpressionOf['i32x4'],
    lane: number,
    offset = 0,
  ): void {
    this.#store(V128_OP.store32Lane, address, vector, memoryArgument(2, offset, laneIndex(lane, 4)))
  }
  /** Stores lanes 0 and 1 (`half` 0) or 2 and 3 (`half` 1). */
  storeHalf(
    address: I32 | number,
    vector: ExpressionOf['f32x4'] | ExpressionOf['i32x4'],
    half: number,
    offset = 0,
  ): void {
    this.#store(V128_OP.store64Lane, address, vector, memoryArgument(2, offset, laneIndex(half, 2)))
  }
  #store(op: number, address: I32 | number, value: Expression, argument: ReturnType<typeof memoryArgument>): void {
    this.#emit(I32.from(address))
    this.#emit(value)
    writeInstruction(this.#w, op, argument)
  }

  /** Copies bytes; the ranges may overlap. */
  memoryCopy(to: I32 | number, from: I32 | number, bytes: I32 | number): void {
    for (const e of [to, from, bytes]) this.#emit(I32.from(e))
    this.#w.op(MEMORY.copy)
    this.#w.byte(0)
    this.#w.byte(0)
  }
  /** Sets bytes to the low 8 bits of `value`. */
  memoryFill(to: I32 | number, value: I32 | number, bytes: I32 | number): void {
    for (const e of [to, value, bytes]) this.#emit(I32.from(e))
    this.#w.op(MEMORY.fill)
    this.#w.byte(0)
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
      this.#pendingCalls.add(call)
      return call
    }
    for (const operand of operands) this.#emit(operand)
    writeInstruction(this.#w, CONTROL.call, callee.index)
    return undefined
  }

  /** Evaluates for the side effects of a call and forgets the value. */
  drop(value: Expression): void {
    this.#emit(value)
    this.#w.op(CONTROL.drop)
  }

  getGlobal<K extends Kind>(global: GlobalHandle<K>): ExpressionOf[K] {
    return typedNode(global.kind, VARIABLE.globalGet, [], global.index)
  }
  setGlobal<K extends Kind>(global: GlobalHandle<K>, value: ValueOf[K]): void {
    if (!global.mutable) throw new EmitError(this.name, `global ${global.name} is not mutable`)
    this.#emit(typedValue(global.kind, value))
    writeInstruction(this.#w, VARIABLE.globalSet, global.index)
  }

  #emit(value: Expression): void {
    if (!this.#open) throw new EmitError(this.name, 'emission after the function was finished')
    if (this.#pendingCalls.size > 0) this.#settle(value)
    value.emit(this.#w)
  }
  #settle(value: Expression): void {
    this.#pendingCalls.delete(value)
    for (const operand of value.operands) this.#settle(operand)
  }

  /** @internal Names of the locals that were given one. */
  get localNames(): readonly (readonly [index: number, name: string])[] {
    return this.#localNames
  }

  /** @internal Ends the function: its code entry (local declarations, body, end), without the size. */
  finish(value: Expression | undefined): ByteWriter {
    if ((value?.kind ?? null) !== this.result) {
      throw new EmitError(this.name, 'result', this.result ?? 'no value', value?.kind ?? 'no value')
    }
    if (value !== undefined) this.#emit(value)
    if (this.#pendingCalls.size > 0)
      throw new EmitError(this.name, 'the result of a call is not used', 'f.drop(f.call(...))')
    this.#open = false
    this.#w.op(CONTROL.end)
    const runs: [count: number, type: number][] = []
    for (const type of this.#localTypes) {
      const last = runs[runs.length - 1]
      if (last !== undefined && last[1] === type) last[0]++
      else runs.push([1, type])
    }
    const entry = new ByteWriter(this.#w.length + 8 * (runs.length + 1))
    entry.unsigned(runs.length)
    for (const [count, type] of runs) {
      entry.unsigned(count)
      entry.byte(type)
    }
    entry.raw(this.#w.bytes())
    return entry
  }
}

function isLocal(e: Expression): boolean {
  return e.op === VARIABLE.localGet
}
