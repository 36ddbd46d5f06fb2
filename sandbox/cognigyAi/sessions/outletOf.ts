import type { SessionAddress } from '../contract';
import type { Endpoint } from '../resources';
import type { Service } from '../service';
import { nowhere, type Outlet } from './outlet';

/** Where what is said outside of a request goes to, by the endpoint's channel. */
export function outletOf(
	{ callbacks, socketLines }: Pick<Service, 'callbacks' | 'socketLines'>,
	endpoint: Endpoint,
	address: SessionAddress,
): Outlet {
	switch (endpoint.channel) {
		case 'webhook':
			return callbacks.outletOf(endpoint, address);
		case 'socket':
			return socketLines.lineOf(endpoint, address);
		default:
			return nowhere;
	}
}
