export const scriptsAreGone = {
  because:
    'Redis has the session and refuses the app’s script: NOSCRIPT. A script that was loaded is gone after a restart, and on the replica that takes over.',
  lookAt: 'what does the app do when EVALSHA is answered with NOSCRIPT?',
};
