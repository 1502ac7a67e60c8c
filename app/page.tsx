export default function RacePage() {
  return <h1 className="text-3xl font-semibold tracking-tight">A machine and a container, on one clock</h1>;
}
