// The same jobs as tenant management, written the way a Node team would: Express, node-postgres, node-redis.
'use strict';
const crypto = require('crypto');
const express = require('express');
const {Pool} = require('pg');
const redis = require('redis');

const {env} = process;
const pool = new Pool({
  host: env.DB_HOST, port: env.DB_PORT, user: env.DB_USER, password: env.DB_PASSWORD, database: env.DB_DATABASE, max: 10,
  // An operator sees every row; set once a connection, so that reads need no transaction around them.
  options: '-c app.tenant_id=*',
});
const cache = redis.createClient({
  socket: {host: env.REDIS_HOST, port: Number(env.REDIS_PORT)}, password: env.REDIS_PASSWORD,
});

/** Checks an HS256 token: signature, expiry, issuer. Returns its claims or null. */
function verify(token) {
  const parts = token.split('.');
  if (parts.length !== 3) return null;
  try {
    if (JSON.parse(Buffer.from(parts[0], 'base64url')).alg !== 'HS256') return null;
    const expected = crypto.createHmac('sha256', env.JWT_SECRET).update(`${parts[0]}.${parts[1]}`).digest();
    const given = Buffer.from(parts[2], 'base64url');
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
    return claims.iss === env.JWT_ISSUER && claims.exp > Date.now() / 1000 ? claims : null;
  } catch {
    return null;
  }
}

const fail = (response, status, message) => response.status(status).json({error: {statusCode: status, message}});

function authorize(permission) {
  return (request, response, next) => {
    const claims = verify((request.get('authorization') ?? '').replace(/^Bearer /, ''));
    if (!claims) return fail(response, 401, 'Unauthorized');
    if (!(claims.permissions ?? []).includes(permission)) return fail(response, 403, 'NotAllowedAccess');
    request.user = claims;
    next();
  };
}

/** What is wrong with a body, or null. */
function problem(body) {
  const {name, key, domains, contact} = body ?? {};
  if (typeof name !== 'string' || name.length < 1 || name.length > 100) return 'name must have 1 to 100 characters';
  if (typeof key !== 'string' || !/^[a-z0-9]{1,10}$/.test(key)) return 'key must match ^[a-z0-9]{1,10}$';
  if (!contact?.firstName || !contact?.lastName) return 'contact must have firstName and lastName';
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(contact.email ?? '')) return 'contact.email must be an e-mail address';
  if (!Array.isArray(domains) || !domains.includes(contact.email.split('@').pop())) {
    return 'Contact email domain does not match tenant domains';
  }
  return null;
}

async function store(input, user) {
  const id = crypto.randomUUID();
  const contact = {...input.contact, id: crypto.randomUUID(), tenantId: id};
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SELECT set_config('app.tenant_id', '*', true)");
    const {rows: [row]} = await client.query({
      name: 'tenant',
      text: `INSERT INTO main.tenants (id, name, status, key, domains, created_by, modified_by)
             VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING created_on, modified_on, created_by`,
      values: [id, input.name, 2, input.key, input.domains, user],
    });
    await client.query({
      name: 'contact',
      text: `INSERT INTO main.contacts (id, first_name, last_name, email, is_primary, tenant_id, created_by, modified_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
      values: [contact.id, contact.firstName, contact.lastName, contact.email, contact.isPrimary, id, user],
    });
    const tenant = {
      id, name: input.name, status: 2, key: input.key, domains: input.domains, createdOn: row.created_on,
      modifiedOn: row.modified_on, createdBy: row.created_by,
    };
    await client.query({
      name: 'provisioning',
      text: 'INSERT INTO main.provisionings (id, tenant_id, requested_on, expires_on) VALUES ($1, $2, $3, $4)',
      values: [crypto.randomUUID(), id, new Date(), new Date(Date.now() + 86400000)],
    });
    await client.query({
      name: 'outbox',
      text: `INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data)
             VALUES ($1, 'TENANT_PROVISIONING', 1, $2, $3, $4)`,
      values: [crypto.randomUUID(), id, new Date(), JSON.stringify({type: 'TENANT_PROVISIONING', tenant})],
    });
    await client.query('COMMIT');
    return {...tenant, contacts: [contact]};
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const AUDIT = {
  deleted: 'deleted', deleted_on: 'deletedOn', deleted_by: 'deletedBy', created_on: 'createdOn',
  modified_on: 'modifiedOn', created_by: 'createdBy', modified_by: 'modifiedBy', id: 'id',
};
const TENANT = {
  ...AUDIT, name: 'name', status: 'status', key: 'key', spoc_user_id: 'spocUserId', domains: 'domains',
  lead_id: 'leadId', address_id: 'addressId',
};
const RELATIONS = {
  contacts: {
    table: 'main.contacts',
    columns: {
      ...AUDIT, first_name: 'firstName', last_name: 'lastName', email: 'email', is_primary: 'isPrimary',
      contact_type: 'type', tenant_id: 'tenantId',
    },
  },
  resources: {
    table: 'main.resources',
    columns: {
      ...AUDIT, external_identifier: 'externalIdentifier', type: 'type', metadata: 'metadata', tenant_id: 'tenantId',
    },
  },
};

/** A row under the names of the API. */
function model(row, columns) {
  const result = {};
  for (const column in columns) result[columns[column]] = row[column];
  return result;
}

/** The related rows of all tenants in one query, a list for each tenant: what LoopBack's inclusion resolvers do. */
async function include(name, tenants) {
  const {table, columns} = RELATIONS[name];
  const {rows} = await pool.query({
    name: `include-${name}`,
    text: `SELECT ${Object.keys(columns)} FROM ${table} WHERE tenant_id = ANY($1::uuid[]) AND deleted = false ORDER BY id`,
    values: [tenants.map((tenant) => tenant.id)],
  });
  const lists = new Map();
  for (const row of rows) {
    const list = lists.get(row.tenant_id);
    if (list) list.push(model(row, columns));
    else lists.set(row.tenant_id, [model(row, columns)]);
  }
  for (const tenant of tenants) {
    const list = lists.get(tenant.id);
    if (list) tenant[name] = list;
  }
}

/** One query for the tenants, then one for each relation, the relations at the same time. */
async function list({limit = 100, include: relations = []}) {
  const {rows} = await pool.query({
    name: 'tenants',
    text: `SELECT ${Object.keys(TENANT)} FROM main.tenants WHERE deleted = false ORDER BY id LIMIT $1`,
    values: [limit],
  });
  const tenants = rows.map((row) => model(row, TENANT));
  await Promise.all(relations.map((name) => include(name, tenants)));
  return tenants;
}

/** What is wrong with a filter, or null. */
function filterProblem(filter) {
  const {limit = 100, include: relations = []} = filter ?? {};
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return 'limit must be 1 to 1000';
  if (!Array.isArray(relations) || !relations.every((name) => Object.hasOwn(RELATIONS, name))) {
    return 'include must name relations';
  }
  return null;
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.get('/ping', (request, response) => response.json({greeting: 'Hello', date: new Date(), url: request.url}));
app.get('/tenants', authorize('10207'), async (request, response) => {
  let filter;
  try {
    filter = JSON.parse(request.query.filter ?? '{}');
  } catch {
    return fail(response, 400, 'filter is not JSON');
  }
  const wrong = filterProblem(filter);
  if (wrong) return fail(response, 400, wrong);
  try {
    response.json(await list(filter));
  } catch (error) {
    console.error(error);
    fail(response, 500, 'Internal Server Error');
  }
});
app.get('/tenants/:id', authorize('10207'), async (request, response) => {
  const body = await cache.get(`tenant:${request.params.id}`);
  if (body === null) return fail(response, 404, 'Entity not found');
  response.type('application/json').send(body);
});
app.post('/tenants', authorize('10204'), express.json({limit: '1mb'}), async (request, response) => {
  const wrong = problem(request.body);
  if (wrong) return fail(response, 422, wrong);
  try {
    const tenant = await store(request.body, request.user.id);
    const body = JSON.stringify(tenant);
    await cache.set(`webhook-secret:${tenant.id}`, crypto.randomUUID(), {PX: 1200000});
    await cache.set(`tenant:${tenant.id}`, body, {EX: 3600});
    response.status(201).location(`/tenants/${tenant.id}`).type('application/json').send(body);
  } catch (error) {
    if (error.code === '23505') return fail(response, 409, 'key is taken');
    console.error(error);
    fail(response, 500, 'Internal Server Error');
  }
});
cache.connect().then(() => app.listen(Number(env.PORT), '127.0.0.1'));
