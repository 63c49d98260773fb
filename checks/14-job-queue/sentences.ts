import type { Answer, Teaching } from '../harness/sdk/index.ts';

/** What several behaviours say. */
export const accepted202: Teaching = {
  because:
    'The order is taken, and its e-mail is still to come. That is a 202, with a Location where the client can ask what became of it.',
  lookAt: 'what does POST /orders wait for before it answers, and what does it answer then?',
};

const needless503: Teaching = {
  because: 'A 503 says that something is away which the request needs. It needs Redis, and Redis is there.',
  lookAt: 'what does the app answer with 503 here? npm run dev lesson-14 starts it with its output before you',
};

/** What to say of a status that is wrong while Redis is there. */
export const unless503 = ({ status }: Answer, teaching: Partial<Teaching> = {}): Partial<Teaching> =>
  status === 503 ? needless503 : teaching;

export const nobodySends: Teaching = {
  because: 'The order was accepted, and nobody sends its e-mail.',
  lookAt: 'who takes the work that POST /orders has left, and where is it left?',
};

export const stale: Teaching = {
  because:
    'The SMTP server has taken the e-mail, and GET /orders/:id still says pending. The customer believes that none will come, and asks support or orders again.',
  lookAt: 'who writes down that the e-mail is taken, and how old may be what GET /orders/:id answers?',
};

export const neverFailed: Teaching = {
  because:
    'The e-mail is not tried again, and the order is still pending. The customer waits for nothing, and nobody is told to call them.',
  lookAt: 'who writes down that an order has failed, also when its job is not tried again?',
};

export const notFailed: Teaching = {
  because: 'The SMTP server has not taken the e-mail, and the order does not say that it has failed.',
  lookAt: 'what settles an order, and does it look at what the SMTP server said?',
};
