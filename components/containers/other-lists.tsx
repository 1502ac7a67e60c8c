'use client';

import { useRef } from 'react';
import type { ObjectKind } from '@/lib/engine/engine';
import type { Listing } from '@/lib/engine/live-list';
import type { Image } from '@/lib/engine/schemas';
import { formatBytes } from '../ui/format';
import { useStore } from '../ui/use-store';
import { ActionButton } from './action-button';
import type { ListProps } from './container-list';
import { shortId } from './container-text';
import { ObjectRow, ObjectSection, Typed } from './object-section';
import { useDeeds } from './use-deeds';

interface Removable {
  /** By what the engine finds it. */
  key: string;
  name: string;
  /** What removing it takes away. */
  loss: string;
}

export function ImageList(props: ListProps) {
  const listing = useStore(props.view.inventory.images.listing);
  const { deeds, heading, remove } = useRemoval('images', props);
  return (
    <ObjectSection
      title="Images"
      listing={byTag(listing)}
      keyOf={({ id, tag }) => tag ?? id}
      deeds={deeds}
      headingRef={heading}
      empty={
        <>
          None yet. In a folder with a Dockerfile type: <Typed>docker build -t mine .</Typed>
        </>
      }
    >
      {({ id, tag, bytes }) => {
        const name = tag ?? shortId(id);
        return (
          <ObjectRow name={tag ?? 'Untagged'} facts={[`${shortId(id)} · ${formatBytes(bytes)}`]}>
            <ActionButton
              verb="Remove"
              target={name}
              isBusy={deeds.doing?.id === name}
              onPress={() =>
                remove({ key: name, name, loss: 'To have it again, it must be built, loaded or pulled.' })
              }
            />
          </ObjectRow>
        );
      }}
    </ObjectSection>
  );
}

/** As `docker images` has them: an image with two names twice. */
function byTag(listing: Listing<Image>): Listing<Pick<Image, 'id' | 'bytes'> & { tag: string | undefined }> {
  if (listing.type !== 'listed') return listing;
  const items = listing.items.flatMap(({ id, bytes, tags }) =>
    (tags.length > 0 ? tags : [undefined]).map((tag) => ({ id, bytes, tag })),
  );
  return { type: 'listed', items };
}

export function VolumeList(props: ListProps) {
  const listing = useStore(props.view.inventory.volumes.listing);
  const { deeds, heading, remove } = useRemoval('volumes', props);
  return (
    <ObjectSection
      title="Volumes"
      listing={listing}
      keyOf={({ name }) => name}
      deeds={deeds}
      headingRef={heading}
      empty={
        <>
          None yet. What outlives a container is kept in one: <Typed>docker volume create data</Typed>
        </>
      }
    >
      {({ name, driver, mountpoint }) => (
        <ObjectRow name={name} facts={[`${driver} · ${mountpoint}`]}>
          <ActionButton
            verb="Remove"
            target={name}
            isBusy={deeds.doing?.id === name}
            onPress={() => remove({ key: name, name, loss: 'What is in it is lost.' })}
          />
        </ObjectRow>
      )}
    </ObjectSection>
  );
}

/** The engine has these always, and does not remove them. */
const predefined: readonly string[] = ['bridge', 'host', 'none'];

export function NetworkList(props: ListProps) {
  const listing = useStore(props.view.inventory.networks.listing);
  const { deeds, heading, remove } = useRemoval('networks', props);
  return (
    <ObjectSection
      title="Networks"
      listing={listing}
      keyOf={({ id }) => id}
      deeds={deeds}
      headingRef={heading}
      empty={
        <>
          None. To make one, type: <Typed>docker network create mine</Typed>
        </>
      }
    >
      {({ id, name, driver, subnets }) => (
        <ObjectRow name={name} facts={[[driver, ...subnets].join(' · ')]}>
          {predefined.includes(name) ? null : (
            <ActionButton
              verb="Remove"
              target={name}
              isBusy={deeds.doing?.id === id}
              onPress={() =>
                remove({ key: id, name, loss: 'Containers cannot reach each other through it any more.' })
              }
            />
          )}
        </ObjectRow>
      )}
    </ObjectSection>
  );
}

function useRemoval(kind: ObjectKind, { view: { engine, signal }, ask, onTouched }: ListProps) {
  const deeds = useDeeds(signal);
  const heading = useRef<HTMLHeadingElement>(null);
  const removeIfMeant = async ({ key, name, loss }: Removable) => {
    const isMeant = await ask({ title: `Remove “${name}”?`, text: loss, proceed: 'Remove it' });
    if (!isMeant) return;
    onTouched();
    const isGone = await deeds.attempt({
      id: key,
      doing: `Removing ${name}…`,
      done: `${name} is removed.`,
      run: () => engine.remove(kind, key, signal),
    });
    if (isGone) heading.current?.focus();
  };
  return { deeds, heading, remove: (what: Removable) => void removeIfMeant(what) };
}
