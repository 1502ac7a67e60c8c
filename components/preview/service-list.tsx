import { serviceUrl } from '@/lib/preview/address';
import type { Service } from '@/lib/preview/services';
import { Typed } from '../containers/object-section';
import { KindMark } from '../ui/kind-mark';

/** What can be visited, each a button; or what to type to have something. */
export function ServiceList({
  services,
  shown,
  onOpen,
}: {
  services: readonly Service[];
  /** Whose page is shown. */
  shown: URL | undefined;
  onOpen: (url: URL) => void;
}) {
  if (services.length === 0) {
    return (
      <p className="text-sm text-muted">
        No service yet. Type this into a console: <Typed>docker run -d -p 8080:80 nginx</Typed>
      </p>
    );
  }
  return (
    <ul aria-label="Services" className="flex flex-wrap gap-2">
      {services.map((service) => {
        const url = serviceUrl(service.station, service.port);
        const isShown = shown?.origin === url.origin;
        return (
          <li key={url.href}>
            <button
              type="button"
              aria-current={isShown ? 'page' : undefined}
              onClick={() => onOpen(url)}
              className="min-h-9 max-w-full rounded-md border border-line bg-surface px-3 py-1.5 text-left text-sm hover:border-ink aria-[current]:border-ink"
            >
              <span className="flex items-baseline gap-2">
                <KindMark kind={service.of.type} className="translate-y-px" />
                <span className="min-w-0 [overflow-wrap:anywhere]">
                  <span className="font-medium">{nameOf(service)}</span>{' '}
                  <span className="text-muted">{url.host}</span>
                </span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function nameOf({ of, station }: Service): string {
  return of.type === 'machine' ? station : of.name;
}
