/** Why a command got no result. The message continues the name of the host; it holds no secret. */
export class LinkFailure extends Error {
	override readonly name = 'LinkFailure';

	/** @param replyCode Redis' own error code, when it refused the command over a connection that works */
	constructor(
		message: string,
		readonly replyCode?: string,
	) {
		super(message);
	}
}
