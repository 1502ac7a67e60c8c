/** Builds what is missing and lays all artifacts out in public/machine/. Prints what it does and how far it is. */
export async function buildImages(): Promise<void> {
  throw new Error('not built yet');
}
