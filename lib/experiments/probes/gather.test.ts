import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { gatherScript, sectionOf, splitSections } from './gather';
import { type Probe, type Reading, defineProbe } from './probe';
import { probes } from './table';

const surroundings = { neighbourAddress: '127.0.0.1', hostProcess: { pid: 1, commandLine: "it's" } };

function probe(id: string, script: string): Probe {
  return defineProbe<string>({
    id,
    group: 'isolation',
    question: '?',
    script,
    parse: (output) => output,
    show: (value) => [value],
    explain: () => '.',
  });
}

function run(script: string): ReadonlyMap<string, string> {
  return splitSections(execFileSync('sh', ['-c', script], { encoding: 'utf8' }));
}

test('one script asks every question and keeps the answers apart', () => {
  const sections = run(
    gatherScript(
      [
        probe('told', 'echo "$neighbour $host_pid $host_command"'),
        probe('silent', 'true'),
        probe('two', 'echo one\necho two'),
      ],
      surroundings,
    ),
  );
  expect(sections.get('told')).toBe("127.0.0.1 1 it's");
  expect(sections.get('silent')).toBe('');
  expect(sections.get('two')).toBe('one\ntwo');
});

test('an attempt says what came of it and why not', () => {
  const sections = run(
    gatherScript(
      [
        probe('may', 'attempt true'),
        probe('may-not', 'attempt cat /nowhere'),
        probe('after', 'echo still here'),
      ],
      surroundings,
    ),
  );
  expect(sections.get('may')).toBe('allowed');
  expect(sections.get('may-not')).toMatch(/^refused .*nowhere.*No such file/);
  expect(sections.get('after')).toBe('still here');
});

test('a question that the shell did not finish or reach has no answer', () => {
  const asked = [
    probe('whole', 'echo whole'),
    probe('cut', 'echo begun\nexit 0'),
    probe('last', 'echo reached'),
  ];
  const sections = run(gatherScript(asked, surroundings));
  expect(asked.map((one) => sectionOf(sections, one).type)).toEqual(['value', 'failure', 'failure']);
});

test('whatever a side answers, every row stands and says something', () => {
  const answers: fc.Arbitrary<Reading<string>> = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }).map((value) => ({ type: 'value' as const, value })),
    fc
      .array(
        fc.constantFrom('0', '1: eth0', 'allowed', 'refused', ' - tmpfs', '/proc/1/comm:x', '\n', ' ', 'max'),
        {
          maxLength: 12,
        },
      )
      .map((words) => ({ type: 'value' as const, value: words.join('') })),
    fc.constant({ type: 'failure' as const, reason: 'down' }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...probes), answers, answers, answers, (asked, container, machine, host) => {
      const row = asked.row({ container, machine, host });
      expect(row.sentence).toMatch(/^[A-Z“].*\.$/s);
      expect(row.verdict === 'unknown').toBe(
        row.cells.container.type === 'failure' || row.cells.machine.type === 'failure',
      );
    }),
    { numRuns: 2000 },
  );
});

test('probe names are unique and fit in a section heading', () => {
  const ids = probes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z-]+$/);
});
