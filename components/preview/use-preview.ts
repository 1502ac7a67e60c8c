import { useEffect, useRef, useState } from 'react';
import type { Station } from '@/lib/fleet/station';
import { serviceUrl, stationOf } from '@/lib/preview/address';
import { PreviewSession } from '@/lib/preview/preview-session';
import { Services } from '@/lib/preview/services';

export interface Preview {
  /** Those that the session finds now. */
  stations: readonly Station[];
  services: Services;
  session: PreviewSession;
}

/** The services of some machines while the component is shown, and a visitor of theirs who stays when machines come and go. */
export function usePreview(stations: readonly Station[]): Preview | undefined {
  const [found, setFound] = useState<Pick<Preview, 'stations' | 'services'>>();
  const [session, setSession] = useState<PreviewSession>();
  const lab = useRef<{ stations: readonly Station[]; services: Services }>(undefined);

  useEffect(() => {
    const own = new Services(stations);
    lab.current = { stations, services: own };

    setFound(lab.current);
    return () => {
      own.dispose();
      lab.current = undefined;
      setFound(undefined);
    };
  }, [stations]);

  useEffect(() => {
    const find = ({ hostname, port }: URL) => {
      const name = stationOf(hostname);
      const station = lab.current?.stations.find((it) => it.name === name);
      if (!station) return undefined;
      const host = lab.current?.services.addressOf(station.name, Number(port || 80));
      return host === undefined ? station : { guest: station.guest, host };
    };
    const home = serviceUrl(lab.current?.stations[0]?.name ?? 'host', 80);
    const own = new PreviewSession({ find, now: () => Date.now(), pause }, home);

    setSession(own);
    return () => {
      own.dispose();
      setSession(undefined);
    };
  }, []);
  return found && session ? { ...found, session } : undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
