import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { type Gathered, answerOf, gatherScript, parseGathered } from './gather';
import { type Answer, type Probe, type Reading, defineProbe } from './probe';
import { probes } from './table';

const surroundings = { neighbourAddress: '127.0.0.1', hostProcess: { pid: 1, commandLine: "it's" } };

function probe(id: string, script: string): Probe {
  return defineProbe<string>({
    id,
    group: 'isolation',
    question: '?',
    script,
    parse: ({ output }) => output,
    show: (value) => [value],
    explain: () => '.',
  });
}

function run(script: string): Gathered {
  return parseGathered(execFileSync('sh', ['-c', script], { encoding: 'utf8' }));
}

test('one script asks every question and keeps the answers apart', () => {
  const { outputs } = run(
    gatherScript(
      [
        probe('told', 'echo "$neighbour $host_pid $host_command"'),
        probe('silent', 'true'),
        probe('two', 'echo one\necho two'),
      ],
      surroundings,
    ),
  );
  expect(outputs.get('told')).toBe("127.0.0.1 1 it's");
  expect(outputs.get('silent')).toBe('');
  expect(outputs.get('two')).toBe('one\ntwo');
});

test('an attempt says what came of it and why not', () => {
  const { outputs } = run(
    gatherScript(
      [
        probe('may', 'attempt true'),
        probe('may-not', 'attempt cat /nowhere'),
        probe('after', 'echo still here'),
      ],
      surroundings,
    ),
  );
  expect(outputs.get('may')).toBe('allowed');
  expect(outputs.get('may-not')).toMatch(/^refused .*nowhere.*No such file/);
  expect(outputs.get('after')).toBe('still here');
});

test('a question that the shell did not finish or reach has no answer', () => {
  const asked = [
    probe('whole', 'echo whole'),
    probe('cut', 'echo begun\nexit 0'),
    probe('last', 'echo reached'),
  ];
  const gathered = run(gatherScript(asked, surroundings));
  expect(asked.map((one) => answerOf(gathered, one).type)).toEqual(['value', 'failure', 'failure']);
});

test('whatever a side answers, every row stands and says something', () => {
  const words = [
    '0',
    '1: eth0',
    'allowed',
    'refused',
    ' - tmpfs',
    '/proc/1/comm:x',
    '0::/',
    '\n',
    ' ',
    'max',
  ];
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((some) => some.join('')),
  );
  const answers: fc.Arbitrary<Reading<Answer>> = fc.oneof(
    fc
      .tuple(texts, fc.array(fc.option(texts, { nil: undefined }), { minLength: 1, maxLength: 4 }))
      .map(([output, files]) => ({
        type: 'value' as const,
        value: { output, file: (path: string) => files[path.length % files.length] },
      })),
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
    { numRuns: 300 },
  );
});

test('probe names are unique and fit in a section heading', () => {
  const ids = probes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z-]+$/);
});

test('files are read together, and one that is not there is undefined', () => {
  const asked: Probe = { ...probe('files', ''), files: ['/proc/self/status', '/proc/uptime', '/nowhere'] };
  const answer = answerOf(run(gatherScript([asked], surroundings)), asked);
  if (answer.type === 'failure') throw new Error(answer.reason);
  expect(answer.value.file('/proc/self/status')).toMatch(/^Name:.*\n(.*\n)+Uid:/);
  expect(answer.value.file('/proc/uptime')).toMatch(/^[\d.]+ [\d.]+$/);
  expect(answer.value.file('/nowhere')).toBeUndefined();
});
