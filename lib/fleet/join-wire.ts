import { HullError } from '../base/hull-error';
import type { StartedMachine, StartParts } from './start-machine';
import { randomMac, repairIdentity } from './start-machine';

const pidFile = '/run/udhcpc.pid';

/**
 * One that asks already, from an earlier cable, is ended first, and not gently: it would take the address away after the new
 * one has set it. A second between two questions, and five of them before udhcpc goes on in the background.
 */
const askForAddress = `[ ! -e ${pidFile} ] || kill -9 "$(cat ${pidFile})" 2> /dev/null
exec udhcpc -i eth0 -b -R -x "hostname:$0" -p ${pidFile} -t 5 -T 1 -A 10`;

/**
 * Plugs a machine's card in, and lets it ask for an address. Comes after the prompt: nobody waits for a network to boot.
 * Every machine from one snapshot has the same card, so this one first gets an address of its own on the Ethernet.
 *
 * Resolves when the machine has its address, or when it has asked in vain and goes on asking in the background.
 * @param hostname the machine's name, by which others find it: NAME.twinhull
 */
export async function joinWire(
  { machine, guest }: Pick<StartedMachine, 'machine' | 'guest'>,
  parts: Pick<StartParts, 'unixNs' | 'fillRandom'>,
  port: MessagePort,
  hostname: string,
  mac = randomMac(parts),
): Promise<void> {
  await repairIdentity(guest, parts, { mac }, hostname);
  await machine.attachNic(port);
  const { status, stderr } = await guest.run({
    argv: ['sh', '-c', askForAddress, hostname],
  });
  if (status.type !== 'exited' || status.code !== 0)
    throw new HullError(
      'no-dhcp-client',
      `The machine could not ask for an address: ${new TextDecoder().decode(stderr).trim()}`,
      'Give it one by hand: ip address add 192.168.7.9/24 dev eth0',
    );
}
