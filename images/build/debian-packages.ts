/**
 * Makes sure that Debian packages are on this computer: installs them when root, else fails with the command to run.
 * @param purpose what needs them, for the message: "the browser tests"
 */
export async function installDebianPackages(packages: readonly string[], purpose: string): Promise<void> {
  throw new Error(`not built yet: ${packages.join(' ')} for ${purpose}`);
}
