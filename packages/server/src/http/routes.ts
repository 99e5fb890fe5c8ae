import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANYBODY } from '../auth/users.ts';
import { ApiError } from '../errors.ts';
import type { Context, Visit } from './context.ts';
import { postRecord } from './record-post.ts';
import { getRecord, getRecords, headRecords } from './record-read.ts';
import { redirect } from './respond.ts';
import { page, signIn, signOut, whoAmI } from './ui.ts';

type Handler = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
) => Promise<void> | void;

interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
  /** Whether Basic credentials or a cookie are asked for before anything else. */
  readonly authenticated: boolean;
  /** Headers that pages of other origins may see. */
  readonly exposed?: string;
}

const health: Handler = (_context, _request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end('OK');
};

const toPage: Handler = (_context, _request, response) => redirect(response, '/ui/authn');

const EXPOSED = 'X-Record-Count, X-Record-Group';

/** Every path of the API with its methods. */
const ROUTES: readonly Route[] = [
  { path: /^\/$/, methods: { GET: toPage, HEAD: toPage }, authenticated: false },
  { path: /^\/health$/, methods: { GET: health, HEAD: health }, authenticated: false },
  {
    path: /^\/api\/v1\/record$/,
    methods: { GET: getRecords, HEAD: headRecords, POST: postRecord },
    authenticated: true,
    exposed: EXPOSED,
  },
  {
    path: /^\/api\/v1\/record\/.*$/,
    methods: { GET: getRecord, HEAD: getRecord },
    authenticated: true,
    exposed: EXPOSED,
  },
  {
    path: /^\/ui\/authn$/,
    methods: { GET: signIn, HEAD: whoAmI, DELETE: signOut },
    authenticated: false,
    exposed: 'X-Version, X-Username',
  },
  { path: /^\/ui(\/.*)?$/, methods: { GET: page, HEAD: page }, authenticated: false },
];

/** The user of a request to a route that asks for one. Throws an ApiError: 400, 403. */
async function authenticate({ authenticator }: Context, request: IncomingMessage): Promise<Visit['user']> {
  if (authenticator === undefined) return ANYBODY;
  const user = await authenticator.userOf(request);
  if (user === undefined) throw new ApiError('forbidden');
  return user;
}

/** Finds the route and does what it says. Throws an ApiError or a StoreError for what is to be answered as an error. */
export async function dispatch(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = urlOf(request);
  const route = ROUTES.find(({ path }) => path.test(url.pathname));
  if (route === undefined) throw new ApiError('noPath', url.pathname);
  if (context.cors && route.exposed !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', route.exposed);
  }
  const user = route.authenticated ? await authenticate(context, request) : ANYBODY;
  const method = request.method ?? '';
  const handler = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined;
  if (handler === undefined)
    throw new ApiError('noMethod', '', { Allow: Object.keys(route.methods).join(', ') });
  await handler(context, request, response, { user, url });
}

/** The target of a request: a path, or a whole URL (RFC 9112 has every server take both). */
function urlOf({ url: target = '/' }: IncomingMessage): URL {
  try {
    // Not by `new URL(target, base)`: `//health` is a path here, not a host.
    return new URL(target.startsWith('/') ? `http://localhost${target}` : target);
  } catch {
    throw new ApiError('noPath', target);
  }
}
