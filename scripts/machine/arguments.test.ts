import { describe, expect, test } from 'vitest';
import { host, profiles, web } from '../../lib/fleet/profiles';
import { parseArguments } from './arguments';

const parse = (...given: string[]) => parseArguments(given, profiles);
const defaults = { profile: host, cold: false, publications: [], command: [] };

describe('arguments of npm run machine', () => {
  test('none: the console of a host', () => {
    expect(parse()).toEqual(defaults);
  });

  test('what follows the options is the command, with its own options', () => {
    expect(parse('uname', '-a')).toEqual({ ...defaults, command: ['uname', '-a'] });
    expect(parse('--cold', '--', '--cold')).toEqual({ ...defaults, cold: true, command: ['--cold'] });
  });

  test('profile and publications', () => {
    expect(parse('--profile', 'web', '--publish', '8080:80', '--publish', '0:/run/hull.sock')).toEqual({
      ...defaults,
      profile: web,
      publications: [
        { hostPort: 8080, target: { type: 'tcp', port: 80 } },
        { hostPort: 0, target: { type: 'unix', path: '/run/hull.sock' } },
      ],
    });
  });

  test('help', () => {
    expect(parse('--cold', '--help')).toBe('help');
  });

  test.each([
    [
      ['--profile', 'mainframe'],
      'there is no profile mainframe; there are: host, web, host-6.1, bare-metal, memtest',
    ],
    [['--publish'], '--publish needs a value'],
    [['--publish', '8080'], '--publish 8080 is not HOSTPORT:GUESTPORT'],
    [['--publish', '80800:80'], '--publish 80800:80 is not HOSTPORT:GUESTPORT'],
    [['--publish', '8080:0'], '--publish 8080:0 is not HOSTPORT:GUESTPORT'],
    [['--loud'], 'there is no option --loud'],
  ])('%j: %s', (given, message) => {
    expect(() => parse(...given)).toThrow(message);
  });
});
