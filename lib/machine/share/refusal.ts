/** The guest does not get what it asks for; it is told this number (`errno`). */
export class Refusal extends Error {
  constructor(readonly errno: number) {
    super(`refused: ${errno}`);
  }
}
