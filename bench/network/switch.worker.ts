import { switchEnds } from './switch-end';

const plug = switchEnds(performance);

self.onmessage = ({ data }: MessageEvent<MessagePort>) => plug(data);
