import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const tokenSecret = process.env.TOKEN_SECRET ?? 'only for development';
const windowS = Number(process.env.WINDOW_S ?? 60);
const loginWindowS = Number(process.env.LOGIN_WINDOW_S ?? 60);
const exportWindowS = Number(process.env.EXPORT_WINDOW_S ?? 3_600);

const server = createApp({ tokenSecret, windowS, loginWindowS, exportWindowS }).listen(port, () => {
  console.log(`shop listening on port ${port}`);
});

process.once('SIGTERM', () => server.close());
