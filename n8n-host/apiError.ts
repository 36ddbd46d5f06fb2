/** n8n refused a request of its REST API. */
export class N8nApiError extends Error {
	override readonly name = 'N8nApiError';

	/** @param status HTTP status of the answer */
	constructor(
		readonly method: string,
		readonly path: string,
		readonly status: number,
		readonly reason: string,
	) {
		super(`${method} ${path} -> ${status}: ${reason}`);
	}
}
