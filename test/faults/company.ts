import type { HttpRequest, HttpTransport } from '../../client/transport/http';
import { transportFailureOf } from '../support/errors';
import type { Subject } from './service';

/** With the one that is tested, 50 requests on a connection. */
const SIZE = 49;

/** A call that nobody else makes meanwhile, and that is not answered. */
export interface OtherCall {
	/** As the sandbox calls it. */
	call: string;
	request: Pick<HttpRequest, 'method' | 'url'>;
}

/** Requests that are under way on the connection of the one that is tested. */
export class Company {
	readonly #stopping = new AbortController();
	readonly #ends: ReadonlyArray<ReturnType<typeof transportFailureOf>>;

	private constructor(transport: HttpTransport, { request }: OtherCall) {
		const { signal } = this.#stopping;
		const send = async () => await transport.send({ ...request, headers: {}, signal });
		this.#ends = Array.from({ length: SIZE }, () => transportFailureOf(send()));
	}

	/** All of them have come to the service when it resolves. */
	static async join({ transport, arrived, inject, when }: Subject, other: OtherCall): Promise<Company> {
		const before = arrived(other.call);
		inject(other.call, { kind: 'hang', times: SIZE });
		const company = new Company(transport, other);
		await when(() => arrived(other.call) === before + SIZE);
		return company;
	}

	stop(): void {
		this.#stopping.abort();
	}

	/** All of them ended so, and the service may have run each. */
	async expectEnds(kind: 'dropped' | 'aborted'): Promise<void> {
		for (const failure of await Promise.all(this.#ends)) expect(failure).toMatchObject({ kind, requestSent: true });
	}
}
