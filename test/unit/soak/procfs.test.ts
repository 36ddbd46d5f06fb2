import { connectedInodes } from '../../soak/procfs';

// As Linux writes it: addresses and ports in hexadecimal. Port 8080 is 1F90.
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 1002 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0 20 4 30 10 -1
   3: 0100007F:C351 0100007F:1F90 08 00000000:00000000 00:00000000 00000000     0        0 1004 1 0 20 4 30 10 -1
   4: 0100007F:C352 0100007F:1F91 01 00000000:00000000 00:00000000 00000000     0        0 1005 1 0 20 4 30 10 -1`;

it('counts connections that are up and lead to one of the ports', () => {
	expect([...connectedInodes(table, [8080])]).toEqual(['1002']);
	expect([...connectedInodes(table, [8080, 8081])]).toEqual(['1002', '1005']);
});
