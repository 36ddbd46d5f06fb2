import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { WireAnswer } from '../../http/answers';
import type { Refusal } from '../refusal';
import { jsonAnswer } from '../serve';

/** The management API says no: RFC 7807, with a code and a trace id. */
export function problem({ status, code, message, headers }: Refusal, path: string): WireAnswer {
	const body = {
		type: 'about:blank',
		title: STATUS_CODES[status] ?? 'Error',
		status,
		detail: message,
		instance: path.replace(/^\/new(?=\/)/, ''),
		code,
		traceId: `api--${randomUUID()}`,
		details: {},
	};
	return jsonAnswer(status, body, headers);
}
