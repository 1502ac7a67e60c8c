'use client';

import { useRef, useState } from 'react';
import type { Listing } from '@/lib/engine/live-list';
import type { Container, Image } from '@/lib/engine/schemas';
import { KindMark } from '../ui/kind-mark';
import type { Question } from '../ui/confirm-dialog';
import { useStore } from '../ui/use-store';
import { ActionButton } from './action-button';
import { portsText, publishedPorts, stateText } from './container-text';
import type { ContainersPanelProps } from './containers-panel';
import type { EngineView } from './engine-view';
import { LogView } from './log-view';
import { ObjectRow, ObjectSection, Typed } from './object-section';
import { useDeeds } from './use-deeds';

export interface ListProps {
  view: EngineView;
  ask: (question: Question) => Promise<boolean>;
  /** Something in the machine is no more as it was. */
  onTouched: () => void;
}

export function ContainerList({
  view: { engine, inventory, signal },
  ask,
  onTouched,
  onShell,
  onVisit,
}: ListProps & Pick<ContainersPanelProps, 'onShell' | 'onVisit'>) {
  const listing = useStore(inventory.containers.listing);
  const images = useStore(inventory.images.listing);
  const deeds = useDeeds(signal);
  const heading = useRef<HTMLHeadingElement>(null);
  const [shownLog, setShownLog] = useState<string>();

  const start = ({ id, name }: Container) => {
    onTouched();
    void deeds.attempt({
      id,
      doing: `Starting ${name}…`,
      done: `${name} has been started.`,
      run: () => engine.start(id, signal),
    });
  };
  const stop = ({ id, name }: Container) => {
    onTouched();
    void deeds.attempt({
      id,
      doing: `Stopping ${name}: it has ten seconds to end by itself…`,
      done: `${name} has ended.`,
      run: () => engine.stop(id, signal),
    });
  };
  const remove = async ({ id, name }: Container) => {
    const isMeant = await ask({
      title: `Remove the container “${name}”?`,
      text: 'What it wrote into its own file system is lost. Its image and its volumes stay.',
      proceed: 'Remove it',
    });
    if (!isMeant) return;
    onTouched();
    const run = () => engine.remove('containers', id, signal);
    const isGone = await deeds.attempt({ id, doing: `Removing ${name}…`, done: `${name} is removed.`, run });
    if (isGone) heading.current?.focus();
  };

  return (
    <ObjectSection
      title="Containers"
      listing={listing}
      keyOf={({ id }) => id}
      deeds={deeds}
      headingRef={heading}
      empty={
        <>
          None yet. Type this into the console:{' '}
          <Typed>{`docker run -dit --name first ${firstImage(images)}`}</Typed>
        </>
      }
    >
      {(container) => {
        const { id, name, image, command, ports } = container;
        const isUp = container.state === 'running' || container.state === 'restarting';
        const isBusy = deeds.doing?.id === id;
        return (
          <>
            <ObjectRow
              name={
                <span className="flex items-baseline gap-2">
                  <KindMark kind="container" isHollow={!isUp} className="translate-y-px" />
                  <span>{name}</span>
                  <span className="text-sm font-normal">{stateText(container)}</span>
                </span>
              }
              facts={[`${image} · ${command}`, portsText(ports)]}
            >
              {container.state === 'paused' ? null : (
                <ActionButton
                  verb={isUp ? 'Stop' : 'Start'}
                  target={name}
                  isBusy={isBusy}
                  onPress={() => (isUp ? stop : start)(container)}
                />
              )}
              <ActionButton
                verb={shownLog === id ? 'Hide logs' : 'Logs'}
                target={`of ${name}`}
                onPress={() => setShownLog(shownLog === id ? undefined : id)}
              />
              {isUp ? (
                <ActionButton verb="Shell" target={`in ${name}`} onPress={() => onShell(container)} />
              ) : null}
              {isUp
                ? publishedPorts(ports).map((port) => (
                    <ActionButton
                      key={port}
                      verb={`Open :${port}`}
                      target={`of ${name}`}
                      onPress={() => onVisit(port)}
                    />
                  ))
                : null}
              {isUp || container.state === 'paused' ? null : (
                <ActionButton
                  verb="Remove"
                  target={name}
                  isBusy={isBusy}
                  onPress={() => void remove(container)}
                />
              )}
            </ObjectRow>
            {shownLog === id ? (
              <LogView
                // A log that has ended is read anew once its container runs again.
                key={isUp ? 'runs' : 'ended'}
                engine={engine}
                container={container}
              />
            ) : null}
          </>
        );
      }}
    </ObjectSection>
  );
}

/** A name that works after `docker run`, of something that stays for a while: hello-world does not. */
function firstImage(images: Listing<Image>): string {
  const tags = images.type === 'listed' ? images.items.flatMap((image) => image.tags) : [];
  return tags.find((tag) => !tag.startsWith('hello-world'))?.replace(/:latest$/, '') ?? 'IMAGE';
}
