import type { AiError, FinalPingType } from '../contract';
import type { Said } from './sessions';

/** Where what a session says goes to. */
export interface Outlet {
	typing(status: 'typingOn' | 'typingOff'): void;
	output(said: Said): void;
	error(error: AiError): void;
	/** The turn is over. */
	finalPing(type: FinalPingType): void;
}

const nothing = () => {};

/** For outputs that have nowhere to go: those that a REST endpoint gets outside of a request. */
export const nowhere: Outlet = {
	typing: nothing,
	output: ({ entry }) => {
		entry.delivery = { sent: 0, state: 'lost' };
	},
	error: nothing,
	finalPing: nothing,
};
