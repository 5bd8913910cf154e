import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createOperatorAccess } from '../../../src/operations/operator-access.ts';

const TOKEN = 'correct-horse-battery';
const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`;
const local = { host: 'localhost:2000' };
const remote = { host: 'sim.example:2000' };

interface Case {
  readonly name: string;
  readonly address?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly form?: string;
  /** Without a token in the configuration. */
  readonly isTokenless?: boolean;
  readonly sees: boolean;
  readonly orders: boolean;
}

const sameOrigin = { 'sec-fetch-site': 'same-origin' };
const STRANGER = '192.0.2.7';

const CASES: readonly Case[] = [
  { name: 'loopback', headers: local, sees: true, orders: false },
  { name: 'loopback, from its own page', headers: { ...local, ...sameOrigin }, sees: true, orders: true },
  {
    name: 'loopback without a token',
    headers: { ...local, ...sameOrigin },
    isTokenless: true,
    sees: true,
    orders: true,
  },
  {
    name: 'loopback by IPv6',
    address: '::1',
    headers: { host: '[::1]:2000', ...sameOrigin },
    sees: true,
    orders: true,
  },
  {
    name: 'IPv4 loopback on IPv6',
    address: '::ffff:127.0.0.1',
    headers: { host: '127.0.0.1:2000', ...sameOrigin },
    sees: true,
    orders: true,
  },
  {
    name: 'loopback, with an old Origin',
    headers: { ...local, origin: 'http://localhost:2000' },
    sees: true,
    orders: true,
  },
  {
    name: 'loopback, from a page of another port',
    headers: { ...local, origin: 'http://localhost:1999' },
    sees: true,
    orders: false,
  },
  {
    name: 'loopback, from another site',
    headers: { ...local, 'sec-fetch-site': 'cross-site', origin: 'http://localhost:2000' },
    sees: true,
    orders: false,
  },
  {
    name: 'loopback, from a page of another server on this machine',
    headers: { ...local, 'sec-fetch-site': 'same-site' },
    sees: true,
    orders: false,
  },
  { name: 'loopback, from a sandboxed page', headers: { ...local, origin: 'null' }, sees: true, orders: false },
  {
    name: 'loopback under a strange name',
    headers: { host: 'evil.example:2000', ...sameOrigin },
    sees: false,
    orders: false,
  },
  {
    name: 'loopback under a name that begins like it',
    headers: { host: 'localhost.evil.example', ...sameOrigin },
    sees: false,
    orders: false,
  },
  { name: 'loopback without a name', headers: sameOrigin, sees: false, orders: false },
  ...['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'].map((header) => ({
    name: `a proxy on loopback with ${header}`,
    headers: { ...local, ...sameOrigin, [header]: '' },
    sees: false,
    orders: false,
  })),
  { name: 'a stranger', address: STRANGER, headers: { ...remote, ...sameOrigin }, sees: false, orders: false },
  {
    name: 'a stranger who says localhost',
    address: STRANGER,
    headers: { ...local, ...sameOrigin },
    sees: false,
    orders: false,
  },
  {
    name: 'a stranger without address',
    address: undefined,
    headers: { ...local, ...sameOrigin },
    sees: false,
    orders: false,
  },
  {
    name: 'Bearer',
    address: STRANGER,
    headers: { ...remote, authorization: `Bearer ${TOKEN}` },
    sees: true,
    orders: true,
  },
  {
    name: 'Bearer through a proxy',
    headers: { ...local, 'x-forwarded-for': STRANGER, authorization: `Bearer ${TOKEN}` },
    sees: true,
    orders: true,
  },
  {
    name: 'a wrong Bearer',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: `Bearer ${TOKEN}x` },
    sees: false,
    orders: false,
  },
  {
    name: 'an empty Bearer without a token',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: 'Bearer ' },
    isTokenless: true,
    sees: false,
    orders: false,
  },
  {
    name: 'undefined as Bearer without a token',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: 'Bearer undefined' },
    isTokenless: true,
    sees: false,
    orders: false,
  },
  { name: 'Basic', address: STRANGER, headers: { ...remote, authorization: basic(TOKEN) }, sees: true, orders: false },
  {
    name: 'Basic, from its own page',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: basic(TOKEN) },
    sees: true,
    orders: true,
  },
  {
    name: 'Basic, from another site',
    address: STRANGER,
    headers: { ...remote, 'sec-fetch-site': 'cross-site', authorization: basic(TOKEN) },
    sees: true,
    orders: false,
  },
  {
    name: 'a wrong Basic',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: basic('x') },
    sees: false,
    orders: false,
  },
  {
    name: 'Basic that is none',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin, authorization: 'Basic %%%' },
    sees: false,
    orders: false,
  },
  { name: 'a form', address: STRANGER, headers: { ...remote, ...sameOrigin }, form: TOKEN, sees: false, orders: true },
  {
    name: 'a form of another site',
    address: STRANGER,
    headers: { ...remote, 'sec-fetch-site': 'cross-site' },
    form: TOKEN,
    sees: false,
    orders: false,
  },
  {
    name: 'a wrong form',
    address: STRANGER,
    headers: { ...remote, ...sameOrigin },
    form: 'x',
    sees: false,
    orders: false,
  },
];

describe('createOperatorAccess', () => {
  it.each(CASES)('$name: sees all $sees, orders $orders', (given) => {
    const access = createOperatorAccess(() => (given.isTokenless ? undefined : TOKEN));
    const asker = { address: 'address' in given ? given.address : '127.0.0.1', headers: given.headers };

    expect({ sees: access.isOperator(asker), orders: access.mayOrder(asker, given.form) }).toEqual({
      sees: given.sees,
      orders: given.orders,
    });
  });
});
