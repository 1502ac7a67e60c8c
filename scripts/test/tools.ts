import { installDebianPackages } from '../../images/build/debian-packages';
import { messageOf } from '../../lib/base/hull-error';

/** Stock clients that tests run against ours, where they are on this computer: programs of Debian packages of that name. */
const packages = ['curl', 'skopeo'];

/** Installs what is missing if that is possible. Otherwise the tests that need it say so and are skipped. */
export async function installTestTools(): Promise<void> {
  await installDebianPackages(packages, 'tests with stock clients').catch((error: unknown) => {
    console.log(`some tests will be skipped: ${messageOf(error)}`);
  });
}
