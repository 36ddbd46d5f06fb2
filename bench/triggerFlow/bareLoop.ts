/** The least that starts can cost: requests over one connection of HTTP/2 with a fixed number of them at a time, no more. */
import { connect, type ClientHttp2Session } from 'node:http2';
import axios from 'axios';
import pMap from 'p-map';

import { logIn } from '../logIn';
import { readTask, serveRounds } from '../loops/program';
import { usersOf, type StartsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<StartsTask>();
	const { baseUrl, concurrency } = task;
	const authorization = `Bearer ${await logIn(baseUrl, axios)}`;
	const session = connect(baseUrl);
	session.unref();
	const send = async (userId: string) => await start(session, authorization, userId);
	await serveRounds(async () => await pMap(usersOf(task), send, { concurrency }));
}

async function start(session: ClientHttp2Session, authorization: string, userId: string): Promise<unknown> {
	const stream = session.request({
		':method': 'POST',
		':path': '/api/v1/bots/order-status/flows/main/sessions',
		authorization,
		'content-type': 'application/json',
	});
	stream.end(JSON.stringify({ userId, input: 'Where is my order?', context: {} }));
	stream.setEncoding('utf8');
	let body = '';
	for await (const chunk of stream) body += String(chunk);
	return JSON.parse(body);
}

void main();
