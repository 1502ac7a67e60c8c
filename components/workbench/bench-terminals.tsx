'use client';

import { useEffect, useRef, useState } from 'react';
import { ContainersTab } from '../containers/containers-tab';
import { type TerminalHandle, TerminalView } from '../console/terminal-view';
import { Button } from '../ui/button';
import { Tabs } from '../ui/tabs';
import { useStore } from '../ui/use-store';
import type { Bench, GuestLink, Seat } from './bench';
import type { BenchKind } from './bench-kind';
import { type Shell, type ShellProgram, shellInContainer } from './shell';

const consoleTab = 'console';
const containersTab = 'containers';
const height = 'h-[28rem]';
/** VGA's text mode 3. */
const vgaText = { columns: 80, rows: 25 };

/** The console of the machine on the bench, the containers in it, and its shells. */
export function BenchTerminals({
  kind,
  bench,
  seat,
  link,
  onFailure,
  onVisit,
}: {
  kind: BenchKind;
  bench: Bench;
  seat: Seat;
  link: GuestLink;
  onFailure: (cause: unknown) => void;
  /** Somebody wants to see what is at a port of the machine. */
  onVisit: (port: number) => void;
}) {
  const shells = useStore(bench.shells);
  const [selected, setSelected] = useState(consoleTab);
  const [hasListed, setHasListed] = useState(false);
  const [isOpening, setIsOpening] = useState(false);
  const screen = useRef<TerminalHandle>(null);
  const hasPicture = kind.profile.console === 'screen';
  const tabs = [
    { id: consoleTab, label: hasPicture ? 'Screen' : 'Console' },
    ...(kind.hasShells ? [{ id: containersTab, label: 'Containers' }] : []),
    ...shells.map(({ id, label }) => ({ id: String(id), label, isClosable: true })),
  ];
  const shown = tabs.some((tab) => tab.id === selected) ? selected : consoleTab;
  const findShell = (id: string) => shells.find((shell) => String(shell.id) === id);

  useEffect(() => screen.current?.focus(), [seat]);
  // A new shell is shown, whoever asked for it.
  useEffect(() => {
    let newest = bench.shells.get().at(-1)?.id ?? 0;
    const watching = bench.shells.subscribe((them) => {
      const id = them.at(-1)?.id ?? 0;
      if (id > newest) setSelected(String(id));
      newest = Math.max(newest, id);
    });
    return () => watching.dispose();
  }, [bench]);

  const select = (id: string) => {
    setSelected(id);
    // What is listed costs the engine something at every change: nobody pays before the list has been opened.
    if (id === containersTab) setHasListed(true);
  };
  const openShell = (program?: ShellProgram) => {
    setIsOpening(true);
    bench
      .openShell(program)
      .catch(onFailure)
      .finally(() => setIsOpening(false));
  };

  return (
    <Tabs
      label="Terminals and containers"
      tabs={tabs}
      selected={shown}
      onSelect={select}
      onClose={(id) => {
        const shell = findShell(id);
        if (shell) bench.closeShell(shell);
      }}
      actions={
        kind.hasShells ? (
          <Button look="quiet" onClick={() => openShell()} disabled={link.type !== 'connected' || isOpening}>
            New shell
          </Button>
        ) : null
      }
    >
      {(tab) => {
        if (tab.id === containersTab) {
          return hasListed ? (
            <Containers
              link={link}
              onTouched={bench.markTouched}
              onShell={(it) => openShell(shellInContainer(it))}
              onVisit={onVisit}
            />
          ) : null;
        }
        const shell = findShell(tab.id);
        return shell ? (
          <ShellView shell={shell} label={tab.label} onTyped={bench.markTouched} />
        ) : (
          <TerminalView
            ref={screen}
            source={seat.machine.console}
            onTyped={bench.markTouched}
            label={tab.label}
            {...(hasPicture && { grid: vgaText })}
            className={height}
          />
        );
      }}
    </Tabs>
  );
}

function ShellView({ shell, label, onTyped }: { shell: Shell; label: string; onTyped: () => void }) {
  const state = useStore(shell.state);
  const screen = useRef<TerminalHandle>(null);
  useEffect(() => screen.current?.focus(), []);
  return (
    <>
      <TerminalView ref={screen} source={shell.source} onTyped={onTyped} label={label} className={height} />
      <p role="status" className="min-h-5 text-sm text-muted">
        {state.type === 'ended' ? `This shell has ended: ${state.how}.` : ''}
      </p>
    </>
  );
}

function Containers({
  link,
  ...rest
}: { link: GuestLink } & Omit<Parameters<typeof ContainersTab>[0], 'guest'>) {
  switch (link.type) {
    case 'connected':
      return <ContainersTab guest={link.guest} {...rest} />;
    case 'none':
    case 'connecting':
      return <p className="text-sm text-muted">The list is here once the machine is up.</p>;
    case 'failed':
      return (
        <p className="text-sm text-muted">
          Without the machine’s agent nothing can be listed. Type <code className="font-mono">docker ps</code>{' '}
          into the console.
        </p>
      );
  }
}
