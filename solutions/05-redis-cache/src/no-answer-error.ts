/** Another instance has been asking the box office for too long. */
export class NoAnswerError extends Error {}
