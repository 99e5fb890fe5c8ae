import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANYBODY, type User } from '../auth/users.ts';
import { ApiError } from '../errors.ts';
import type { Context } from './context.ts';
import { redirect, sendHead } from './respond.ts';

const COOKIE = 'HttpOnly; Path=/; SameSite=Strict';
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Chronologer UI"' };

/** Whoever signs in at the page; throws the challenge for nobody. */
async function pageUser({ authenticator }: Context, request: IncomingMessage): Promise<User> {
  if (authenticator === undefined) return ANYBODY;
  const user = await authenticator.userOf(request);
  if (user === undefined) throw new ApiError('unauthorised', '', CHALLENGE);
  return user;
}

/** GET /ui/authn: Basic credentials once, then the cookie, and on to the page. */
export async function signIn(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const user = await pageUser(context, request);
  const token = await context.authenticator?.tokenFor(user);
  redirect(response, '/ui/', token === undefined ? {} : { 'Set-Cookie': `Jwt=${token}; ${COOKIE}` });
}

/** HEAD /ui/authn: who is signed in, and at which version. */
export async function whoAmI(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { username } = await pageUser(context, request);
  // A header's bytes are Latin-1 to browsers and proxies alike: other characters travel percent-encoded.
  const printable = /^[\x20-\x7e]*$/.test(username) ? username : encodeURIComponent(username);
  sendHead(response, 200, { 'X-Username': printable, 'X-Version': context.version });
}

/** DELETE /ui/authn: 401 makes the browser forget its credentials, too. */
export async function signOut(context: Context, request: IncomingMessage): Promise<void> {
  await pageUser(context, request);
  throw new ApiError('unauthorised', '', { 'Set-Cookie': `Jwt=; Max-Age=0; ${COOKIE}` });
}

/** /ui/: for whoever has a valid cookie; everybody else is sent to sign in. */
export async function page(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { authenticator } = context;
  if (authenticator !== undefined && (await authenticator.cookieUserOf(request)) === undefined) {
    return redirect(response, '/ui/authn');
  }
  throw new ApiError('noPage');
}
