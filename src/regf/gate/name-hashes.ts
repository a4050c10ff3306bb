// The hashes of the names of one key's values: two names that are the same have the same hash.

const FIRST_SLOTS = 64;

/** A set of 32-bit numbers that is emptied without being made anew. */
export class NameHashes {
  private slots = new Int32Array(FIRST_SLOTS);
  /** Of which round each slot is: one of an earlier round is empty. */
  private rounds = new Int32Array(FIRST_SLOTS);
  private round = 0;

  /** Empties it, with room for so many hashes. */
  reset(count: number): void {
    if (2 * count > this.slots.length) {
      const slots = 2 ** Math.ceil(Math.log2(2 * count));
      this.slots = new Int32Array(slots);
      this.rounds = new Int32Array(slots);
    }
    this.round += 1;
  }

  /** @returns false where it was there. */
  add(hash: number): boolean {
    const { slots, rounds, round } = this;
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (rounds[slot] === round) {
      if (slots[slot] === hash) return false;
      slot = (slot + 1) & mask;
    }
    rounds[slot] = round;
    slots[slot] = hash;
    return true;
  }
}
