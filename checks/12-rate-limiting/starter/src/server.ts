import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const tokenSecret = process.env.TOKEN_SECRET ?? 'only for development';
const windowS = Number(process.env.WINDOW_S ?? 60);

createApp({ tokenSecret, windowS }).listen(port, () => console.log(`shop listening on port ${port}`));
