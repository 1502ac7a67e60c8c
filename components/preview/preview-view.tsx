'use client';

import { useEffect, useState } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Station } from '@/lib/fleet/station';
import { stationOf } from '@/lib/preview/address';
import type { PageReport, PreviewPage, PreviewSession } from '@/lib/preview/preview-session';
import { valueOf } from '@/lib/preview/presentation';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { downloadFile } from '../ui/download';
import { formatBytes, formatMs } from '../ui/format';
import { Notice } from '../ui/notice';
import { useStore } from '../ui/use-store';
import { AddressBar } from './address-bar';
import { PageFrame } from './page-frame';
import { ServiceList } from './service-list';
import { type Preview, usePreview } from './use-preview';

export interface PreviewViewProps {
  stations: ReadonlyStore<readonly Station[]>;
  /** The page of a service that somebody asked for elsewhere; another object asks again. */
  wanted: { url: URL } | undefined;
}

/** What the machines' services show to a visitor: a small browser that reaches nothing but them. */
export function PreviewView({ stations, wanted }: PreviewViewProps) {
  const preview = usePreview(useStore(stations));
  // Kept while machines come and go: each page that was asked for is opened once.
  const [opened, setOpened] = useState<PreviewViewProps['wanted']>();
  return preview ? (
    <Visit preview={preview} wanted={wanted === opened ? undefined : wanted} onOpened={setOpened} />
  ) : null;
}

function Visit({
  preview: { stations, services, session },
  wanted,
  onOpened,
}: Pick<PreviewViewProps, 'wanted'> & {
  preview: Preview;
  onOpened: (wanted: PreviewViewProps['wanted']) => void;
}) {
  const list = useStore(services.list);
  const page = useStore(session.page);
  const activity = useStore(session.activity);
  // The first look at the network lays the wire, and a page may be asked for before its machine is on it.
  const isThere =
    wanted !== undefined && stations.some(({ name }) => name === stationOf(wanted.url.hostname));
  useEffect(() => {
    if (!wanted || !isThere) return;
    session.open(wanted.url);
    onOpened(wanted);
  }, [session, wanted, isThere, onOpened]);
  return (
    <div className="space-y-3">
      <ServiceList services={list} shown={page?.answer.url} onOpen={(url) => session.open(url)} />
      <AddressBar session={session} />
      {wanted ? (
        <p
          role="status"
          className="min-h-5 text-sm text-muted"
        >{`Waiting for ${wanted.url.hostname} on the wire…`}</p>
      ) : (
        <Status session={session} />
      )}
      {activity.type === 'failed' ? <FailureNotice failure={activity.cause} /> : null}
      {page ? <Shown key={page.id} session={session} page={page} /> : null}
    </div>
  );
}

function Shown({ session, page }: { session: PreviewSession; page: PreviewPage }) {
  const report = useStore(session.report);
  const { answer, presentation } = page;
  if (presentation === 'file' || answer.body.length === 0) return <NotShown page={page} />;
  return (
    <>
      <PageFrame
        session={session}
        page={page}
        label={`Page of ${answer.url.host}${report.title === '' ? '' : `: ${report.title}`}`}
        // A page that names no colours expects paper under it, in either theme.
        className="block h-[28rem] w-full rounded-md border border-line bg-white [color-scheme:light]"
      />
      <Omissions report={report} />
    </>
  );
}

function Status({ session }: { session: PreviewSession }) {
  const activity = useStore(session.activity);
  const page = useStore(session.page);
  const { title } = useStore(session.report);
  const text = (() => {
    if (activity.type === 'loading') return `Waiting for ${activity.url.host}…`;
    if (!page) return '';
    const { status, reason, body } = page.answer;
    return [
      `${status}${reason === '' ? '' : ` ${reason}`}`,
      formatBytes(body.length),
      formatMs(page.tookMs),
      ...(title === '' ? [] : [title]),
    ].join(' · ');
  })();
  return (
    <p role="status" className="min-h-5 text-sm [overflow-wrap:anywhere] text-muted">
      {text}
    </p>
  );
}

function NotShown({ page: { answer } }: { page: PreviewPage }) {
  const type = valueOf(answer.fields, 'content-type') || 'no type';
  if (answer.body.length === 0)
    return <Notice tone="info" title={`The answer, ${answer.status} ${answer.reason}, is empty.`} />;
  const name = answer.url.pathname.split('/').at(-1) || 'answer';
  return (
    <Notice tone="info" title={`The preview does not show files of this kind (${type}).`}>
      <Button
        className="mt-1"
        onClick={() => downloadFile(name, new Uint8Array(answer.body), 'application/octet-stream')}
      >
        {`Download it, ${formatBytes(answer.body.length)}`}
      </Button>
    </Notice>
  );
}

function Omissions({ report: { omissions } }: { report: PageReport }) {
  if (omissions.length === 0) return null;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer">
        {omissions.length === 1 ? 'One thing of this page is' : `${omissions.length} things of this page are`}{' '}
        not shown
      </summary>
      <ul className="mt-1 space-y-1">
        {omissions.map(({ what, why }) => (
          <li key={`${what} ${why}`} className="[overflow-wrap:anywhere]">
            <span className="font-mono text-[0.8125rem]">{what}</span>{' '}
            <span className="text-muted">{why}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
