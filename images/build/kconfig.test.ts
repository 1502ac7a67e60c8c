import { expect, test } from 'vitest';
import { lostSettings } from './kconfig';

const config = `
CONFIG_NET=y
CONFIG_HZ=100
CONFIG_NAME="a # b"
# CONFIG_MODULES is not set
`;

test('settings that survived are not reported', () => {
  const fragment =
    'CONFIG_NET=y\nCONFIG_HZ=100\nCONFIG_NAME="a # b"\n# CONFIG_MODULES is not set\n# why: speed\n';
  expect(lostSettings(fragment, config)).toEqual([]);
});

test('a setting that Kconfig dropped or changed is named with what became of it', () => {
  expect(lostSettings('CONFIG_CPUSETS=y\nCONFIG_HZ=250\n# CONFIG_NET is not set\n', config)).toEqual([
    'CONFIG_CPUSETS=y (is n)',
    'CONFIG_HZ=250 (is 100)',
    'CONFIG_NET=n (is y)',
  ]);
});

test('"is not set" holds for a symbol that the configuration does not know', () => {
  expect(lostSettings('# CONFIG_UNHEARD_OF is not set\n', config)).toEqual([]);
});
