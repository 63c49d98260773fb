/** The function that the CPU time of GET /events is spent in, by its name: 'createApp'. npm run profile lesson-1 */
export const hottest = 'formatPrice';
