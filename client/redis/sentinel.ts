import { LinkFailure } from './linkFailure';
import { hostOf, type RedisAddress, type RedisNode } from './redisAddress';
import { newRedisClient } from './redisClient';
import { loadRedisLibrary } from './redisLibrary';
import { connectionMayPass, connectionProblem, replyCode, replyProblem } from './redisProblems';

/**
 * Asks the Sentinels which Redis is the primary now. All at once: one that hangs holds up nobody, and one that is behind
 * costs another try, as a replica takes no changes.
 *
 * Our own code, as the library's client for Sentinels goes on looking for them with timers of its own when nobody sends
 * anything, and repeats commands that may have run; this asks one question per connection.
 * @param signal ends it
 * @throws {LinkFailure} none of them told
 */
export async function primaryOf(address: RedisAddress, signal: AbortSignal): Promise<RedisNode> {
	const { name, nodes } = address.sentinel ?? { name: '', nodes: [] };
	const over = new AbortController();
	const ending = AbortSignal.any([signal, over.signal]);
	try {
		return await Promise.any(nodes.map(async (node) => await askSentinel(node, name, address, ending)));
	} catch (error) {
		const failures = error instanceof AggregateError ? error.errors.filter((one) => one instanceof LinkFailure) : [];
		// What does not pass by itself says more.
		throw failures.find(({ facts }) => !facts.mayPass) ?? failures[0] ?? new LinkFailure('no Sentinel answered');
	} finally {
		over.abort();
	}
}

/** A Sentinel may want the user and the password of the Redis that it watches, one of its own without a user, or none. */
async function askSentinel(
	node: RedisNode,
	name: string,
	access: RedisAddress,
	ending: AbortSignal,
): Promise<RedisNode> {
	const { tls, caCertificates, username, password } = access;
	const trust = { tls, ...(caCertificates === undefined ? {} : { caCertificates }) };
	try {
		return await askOnce(node, name, trust, ending);
	} catch (error) {
		const isRefused = error instanceof LinkFailure && error.facts.replyCode === 'NOAUTH' && password !== undefined;
		if (!isRefused) throw error;
		return await askOnce(node, name, { ...trust, ...(username === undefined ? {} : { username }), password }, ending);
	}
}

async function askOnce(
	node: RedisNode,
	name: string,
	access: Pick<RedisAddress, 'tls' | 'caCertificates' | 'username' | 'password'>,
	ending: AbortSignal,
): Promise<RedisNode> {
	const library = await loadRedisLibrary();
	const client = newRedisClient(library, node, access);
	client.on('error', () => {});
	const destroy = () => client.destroy();
	ending.addEventListener('abort', destroy, { once: true });
	let hasAnswered = false;
	try {
		ending.throwIfAborted();
		await client.connect();
		hasAnswered = true;
		const answer: unknown = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]);
		const [host, port] = Array.isArray(answer) ? answer.map(String) : [];
		if (host !== undefined && port !== undefined) return { host, port: Number(port) };
	} catch (error) {
		const where = `the Sentinel at ${hostOf(node)}`;
		if (error instanceof library.ErrorReply) {
			const isNone = /unknown command/i.test(error.message);
			const problem = isNone
				? 'it is no Sentinel: name the port of a Sentinel, or begin the Redis URL with redis://'
				: replyProblem(error, [access.username ?? '', access.password ?? '']);
			throw new LinkFailure(`${where}: ${problem}`, { replyCode: replyCode(error) });
		}
		const problem = connectionProblem(error, { tls: access.tls, hasAnswered });
		throw new LinkFailure(`${where}: ${problem}`, { mayPass: connectionMayPass(error) });
	} finally {
		ending.removeEventListener('abort', destroy);
		destroy();
	}
	throw new LinkFailure(`the Sentinel at ${hostOf(node)} watches no Redis of the name "${name}"`);
}
