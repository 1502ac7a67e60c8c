import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { MeasureHere } from '@/components/numbers/measure-here';
import { ReferenceFigures } from '@/components/numbers/reference-figures';
import { readManifest, sizeOfShared, sizesOf } from '../read-manifest';
import { readReference } from './read-reference';

export const metadata: Metadata = {
  title: 'What the numbers mean',
  description:
    'How Twinhull measures, what carries over from an emulated CPU to hardware, and what does not.',
};

const needed = ['v86', 'v86-wasm', 'bios', 'vgabios', 'kernel', 'root-host', 'snapshot-host'];

export default async function NumbersPage() {
  const manifest = await readManifest();
  const downloadBytes = sizesOf(manifest, needed) + (await sizeOfShared(manifest, 'engine/hulld'));
  return (
    <article className="max-w-3xl space-y-8 leading-relaxed">
      <h1 className="text-3xl font-semibold tracking-tight sm:text-4xl">What the numbers mean</h1>
      <Section title="The CPU is emulated">
        <p>
          Both the machine and the container run on a PC that v86 emulates in this tab. It translates x86 code
          to WebAssembly while it runs, and is somewhere between ten and a hundred times slower than the
          processor underneath. Code that runs for the first time is slowest, and booting is mostly code that
          runs once.
        </p>
        <p>
          The slowdown hits the machine and the container alike. So the ratio between them carries over to
          hardware better than the seconds do, and instruction counts better than either: they do not depend
          on your computer, its load or its battery.
        </p>
      </Section>
      <Section title="What does not carry over">
        <ul className="list-disc space-y-2 pl-5">
          <li>
            Seconds. On hardware with virtualisation extensions a guest’s instructions run on the processor
            itself; a small virtual machine then boots in a fraction of a second, and a full server image in
            tens of seconds.
          </li>
          <li>
            The cost of leaving the guest. A real hypervisor pays for every exit (port I/O, interrupts, page
            faults); an emulator pays for every instruction instead.
          </li>
          <li>
            What our images are. The kernel is built for one purpose and the root file system is a few
            megabytes. A general-purpose distribution loads a hundred times more, in machine and container
            alike.
          </li>
        </ul>
      </Section>
      <Section title="How each figure is taken">
        <dl className="space-y-3">
          <Term name="Time to ready">
            From the start signal to the first HTTP 200 of the same web service on the virtual Ethernet. Both
            machines are plugged into one switch, and one client there asks both from the start signal on,
            every 20 ms as long as nobody listens; the switch notes when an answer has come. The booting
            machine has its address from the kernel’s command line, the container’s port is published on its
            machine. The machine’s lane includes fetching and verifying its files; the container’s includes
            the client, the engine and the command’s way into their machine. The engine is up and its client
            has been read before the clock starts.
          </Term>
          <Term name="Phases">
            The machine’s are seen in what the guest prints and does. The container’s are what its engine
            tells while it works: API calls, networks, and the runtime’s system calls. Those times are the
            guest’s own; they are put on the page’s clock by the message that was quickest on its way, which
            is right to a millisecond or two.
          </Term>
          <Term name="Instructions">
            What v86 counts as executed, in millions (Mi). For the container, the difference on its machine
            between the start signal and ready, with everything else on that machine included: client, engine,
            and the watching itself. The emulator notes the count about each millisecond, and a phase gets the
            difference between its ends; between two notes instructions are taken to have been executed
            evenly.
          </Term>
          <Term name="Memory">
            For the machine, pages of guest RAM that hold anything but zeros. For the container, what its
            cgroup is charged with; the engine, and the program that holds the container’s output, are not in
            it.
          </Term>
          <Term name="Loaded">
            Compressed bytes of the files this start needs. Files already in the browser’s cache are not
            fetched again but still counted.
          </Term>
        </dl>
      </Section>
      <Section title="On this computer">
        <p>
          Boots a machine some times, restores it some times, and boots two at once, as fast as this browser
          can. Takes about half a minute; close other tabs first.
        </p>
        <MeasureHere downloadBytes={downloadBytes} />
      </Section>
      <Section title="Reference results">
        <ReferenceFigures reference={await readReference()} />
      </Section>
    </article>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="space-y-3">
      <h2 className="text-xl font-semibold tracking-tight">{title}</h2>
      {children}
    </section>
  );
}

function Term({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="border-t border-line pt-2 sm:grid sm:grid-cols-[9rem_1fr] sm:gap-4">
      <dt className="font-medium">{name}</dt>
      <dd className="text-muted">{children}</dd>
    </div>
  );
}
