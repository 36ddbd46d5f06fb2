/**
 * What the edition that is built offers, apart from the client: n8n loads the descriptions of all nodes at its start, which
 * is to pay nearly nothing for ours.
 */
export { offers } from './editions/full/offers';
