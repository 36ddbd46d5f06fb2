import { unlimitedBudget } from '../budget/rateBudget';
import { CognigyError } from '../errors';
import { edition } from '../edition';
import type { HttpResponse, HttpTransport } from '../transport/http';
import { isPassingFault, withRetries } from '../call/retry';
import { Deadline } from '../time/deadline';
import { timedOut } from '../call/attempts';
import { holdBudget, takeFromBudget } from '../call/budgetTurn';
import { readAnswer } from '../call/answer';
import { sendWithin } from '../call/request';
import { parseV1Config } from './config';
import type { RestDependencies } from './rest';
import { statusError, v1Service } from './statusErrors';
import { loginAnswerSchema, loginPath } from './wire';

export type LoginDependencies = Omit<RestDependencies, 'tokens'>;

export interface LoginOptions {
	/** Ends the login. */
	signal: AbortSignal;
	/** How often a login that failed for a passing fault is repeated. */
	retries: number;
}

/** Time for the whole login with its retries, in ms. */
const LOGIN_MS = 25_000;
/** Time for one attempt, in ms. */
const LOGIN_ATTEMPT_MS = 8_000;

const ACTION = 'The login to Cognigy';

/**
 * Logs in (docs/protocol-v1.md#login) and returns the bearer token. A login is a safe call: passing faults are retried.
 * @throws {CognigyError} `authentication` for a wrong user name or password; neither is ever repeated in the message
 */
export async function login(dependencies: LoginDependencies, { signal, retries }: LoginOptions): Promise<string> {
	const { clock, random } = dependencies;
	const deadline = new Deadline(clock, LOGIN_MS, [signal]);
	try {
		return await withRetries({ clock, random, deadline }, { retries, isRepeatable: isPassingFault }, () =>
			attemptLogin(dependencies, deadline),
		);
	} catch (error) {
		throw deadline.end === 'timeout' && !(error instanceof CognigyError) ? timedOut(ACTION) : error;
	} finally {
		deadline.dispose();
	}
}

/**
 * One login with the fields of a credential `cognigyApi`, past every cached token: for the credential's Test button and
 * for n8n's own request helper.
 * @returns the bearer token
 * @throws {CognigyError} `invalidInput` for fields that cannot be right, otherwise why the login failed
 */
export async function loginOnce(fields: unknown, transport: HttpTransport): Promise<string> {
	const config = parseV1Config(fields);
	const { signal } = new AbortController();
	// Somebody waits in front of the dialog: one repetition has to do.
	const dependencies = { config, transport, clock: edition.clock, random: Math.random, budget: unlimitedBudget };
	return await login(dependencies, { signal, retries: 1 });
}

async function attemptLogin(
	{ config, transport, clock, budget }: LoginDependencies,
	deadline: Deadline,
): Promise<string> {
	await takeFromBudget({ budget, clock }, { description: { action: ACTION } }, deadline);
	const { baseUrl, username, password } = config;
	const response = await sendWithin(deadline, LOGIN_ATTEMPT_MS, {
		transport,
		service: v1Service,
		action: ACTION,
		isStart: false,
		request: {
			method: 'POST',
			url: baseUrl + loginPath,
			headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
			body: JSON.stringify({ username, password }),
		},
	});
	holdBudget(budget, response, clock.wallTime());
	if (response.status === 200)
		return readAnswer(response, loginAnswerSchema, { action: ACTION, service: v1Service }, false).token;
	throw loginError(response, baseUrl, clock.wallTime());
}

function loginError(response: HttpResponse, baseUrl: string, wallTimeMs: number): CognigyError {
	const { status } = response;
	const { host } = new URL(baseUrl);
	if (status === 401 || status === 403) {
		return new CognigyError({
			category: 'authentication',
			message: `Cognigy rejected the login: wrong user name or password (${status})`,
			advice: 'Correct Username and Password in the credential.',
			httpStatus: status,
		});
	}
	if (status === 400) {
		return new CognigyError({
			category: 'authentication',
			message: `Cognigy rejected the login as malformed (${status})`,
			advice: 'Check Username, Password and Base URL in the credential.',
			httpStatus: status,
		});
	}
	if (status === 404) {
		return new CognigyError({
			category: 'notFound',
			message: `There is no Cognigy login service at ${host} (404)`,
			advice: 'Check Base URL in the credential. It is the address before "/api/v1".',
			httpStatus: status,
		});
	}
	// The service's own words are left out here: they could repeat what was sent.
	return statusError(
		{ ...response, body: '' },
		{ subject: 'login service', action: ACTION, permission: 'to log in', inputs: 'the credential' },
		wallTimeMs,
		[],
	);
}
