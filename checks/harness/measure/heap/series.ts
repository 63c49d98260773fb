import { rmSync } from 'node:fs';
import { type Growth, growthIn, type Phases } from './growth.ts';
import { readIds, readSnapshot } from './snapshot.ts';

/**
 * The snapshots of one process: one before the first phase, one after each, and one at the end. An object has the same id in
 * all of them, so that each tells which phase an object came in, and the last which objects are still there.
 */
export class HeapSeries {
  /** Of the process: "instance 1". */
  readonly name: string;
  readonly first: string;
  last: string;
  /** After which phase each object was first seen, by its id. */
  readonly #births = new Map<number, number>();
  readonly #bytes: number[] = [];

  /** @param first the file of the snapshot before the first phase. */
  constructor(name: string, first: string) {
    this.name = name;
    this.first = first;
    this.last = first;
    this.#read(first);
  }

  /** The snapshot after the next phase. The one before it is deleted, unless it is the first. */
  add(file: string): void {
    if (this.last !== this.first) rmSync(this.last);
    this.last = file;
    this.#read(file);
  }

  get bytes(): { before: number; after: number } {
    return { before: this.#bytes[0] as number, after: this.#bytes.at(-1) as number };
  }

  growth(how: Pick<Phases, 'least' | 'isOwn'>): Growth[] {
    return growthIn(readSnapshot(this.last), { birthOf: (id) => this.#births.get(id) ?? 0, ...how });
  }

  #read(file: string): void {
    const { ids, bytes } = readIds(file);
    const phase = this.#bytes.push(bytes) - 1;
    for (const id of ids) if (!this.#births.has(id)) this.#births.set(id, phase);
  }
}
