import { createApp } from './app.ts';
import { readEvents } from './events.ts';

const port = Number(process.env.PORT ?? 3000);
const events = readEvents(process.env.EVENTS_FILE ?? new URL('./events.json', import.meta.url));

createApp(events).listen(port, () => {
  console.log(`quotes on port ${port}`);
});
