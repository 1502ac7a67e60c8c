'use client';

import { type Ref, useEffect, useRef } from 'react';
import { TerminalView, type TerminalHandle } from '../console/terminal-view';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { KindMark } from '../ui/kind-mark';
import { useStore } from '../ui/use-store';
import type { ComparePair } from './compare-pair';
import type { LaneName, LaneState } from './lane';
import { type LineCount, useLineMarks } from './use-line-marks';

/** Worth typing first; a person may type anything else. */
const suggestions = ['uname -a', 'ps', 'hostname', 'mount', 'ip addr', 'free', 'id'] as const;

/** The two shells. What is typed into one goes to both, unless the person wants it otherwise. */
export function Shells({ pair, onStartAgain }: { pair: ComparePair; onStartAgain: () => void }) {
  const machine = useStore(pair.machine);
  const container = useStore(pair.container);
  const typesIntoBoth = useStore(pair.typesIntoBoth);
  const machineTerminal = useRef<TerminalHandle>(null);
  const containerTerminal = useRef<TerminalHandle>(null);
  const counted = useLineMarks(
    machineTerminal,
    containerTerminal,
    machine.type === 'up' && container.type === 'up' ? `${machine.run}/${container.run}` : '',
  );

  // The button that started all this is gone, and with it the focus.
  useEffect(() => machineTerminal.current?.focus(), []);

  return (
    <section aria-labelledby="shells-title" className="space-y-3">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <h2 id="shells-title" className="text-xl font-semibold tracking-tight">
          A shell in each
        </h2>
        <label className="flex min-h-9 cursor-pointer items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-ink"
            checked={typesIntoBoth}
            onChange={(event) => pair.typesIntoBoth.set(event.target.checked)}
          />
          Type into both at once
        </label>
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <Lane
          name="machine"
          title="In a machine"
          state={machine}
          pair={pair}
          terminal={machineTerminal}
          onStartAgain={onStartAgain}
        />
        <Lane
          name="container"
          title="In a container"
          state={container}
          pair={pair}
          terminal={containerTerminal}
          onStartAgain={onStartAgain}
        />
      </div>
      <LineSummary counted={counted} />
      <div role="group" aria-labelledby="commands-title" className="flex flex-wrap items-center gap-2">
        <p id="commands-title" className="text-sm text-muted">
          Run in both:
        </p>
        {suggestions.map((command) => (
          <Button
            key={command}
            className="font-mono text-xs"
            onClick={() => pair.run(command)}
            disabled={machine.type !== 'up' && container.type !== 'up'}
          >
            {command}
          </Button>
        ))}
      </div>
    </section>
  );
}

function Lane({
  name,
  title,
  state,
  pair,
  terminal,
  onStartAgain,
}: {
  name: LaneName;
  title: string;
  state: LaneState;
  pair: ComparePair;
  terminal: Ref<TerminalHandle>;
  onStartAgain: () => void;
}) {
  return (
    <div role="group" aria-label={title} className="min-w-0 space-y-1">
      <h3 className="flex items-center gap-2 font-medium">
        <KindMark kind={name} />
        {title}
      </h3>
      {state.type === 'up' ? (
        <TerminalView
          key={state.run}
          ref={terminal}
          source={state.shell}
          label={`Shell ${title.toLowerCase()}`}
          onInput={(bytes) => pair.type(name, bytes)}
          className="h-80"
        />
      ) : (
        <div className="min-h-80 space-y-3 rounded-md border border-line bg-sunken p-3">
          {state.type === 'starting' ? (
            <p role="status" className="text-sm text-muted">
              Starting…
            </p>
          ) : (
            <FailureNotice failure={state.error}>
              <RestartButtons
                name={name}
                lost={state.type === 'down'}
                pair={pair}
                onStartAgain={onStartAgain}
              />
            </FailureNotice>
          )}
        </div>
      )}
    </div>
  );
}

/** The way back. A container whose host is gone needs all of it again. */
function RestartButtons({
  name,
  lost,
  pair,
  onStartAgain,
}: {
  name: LaneName;
  lost: boolean;
  pair: ComparePair;
  onStartAgain: () => void;
}) {
  if (name === 'container') {
    if (lost) return <Button onClick={onStartAgain}>Start both again</Button>;
    return <Button onClick={() => void pair.restartContainer()}>Start a new container</Button>;
  }
  return (
    <>
      {lost ? null : <Button onClick={() => void pair.restartMachineShell()}>Open a new shell</Button>}
      <Button onClick={() => void pair.restartMachine('snapshot')}>
        Restart the machine from its snapshot
      </Button>
      <Button onClick={() => void pair.restartMachine('cold')}>Boot it cold</Button>
    </>
  );
}

function LineSummary({ counted: { common, different } }: { counted: LineCount }) {
  return (
    <p role="status" className="text-sm text-muted tabular-nums">
      {common + different === 0
        ? 'Lines that differ are marked with ≠.'
        : `${common} ${common === 1 ? 'line' : 'lines'} alike, ${different} marked with ≠ because they differ.`}
    </p>
  );
}
