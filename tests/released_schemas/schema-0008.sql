BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	name_key TEXT, 
	email TEXT NOT NULL, 
	email_key TEXT, 
	phone TEXT NOT NULL, 
	alias TEXT NOT NULL, 
	password_hash TEXT, 
	role TEXT NOT NULL, 
	state TEXT NOT NULL, 
	ewallet_id BIGINT, 
	contact_list_id BIGINT, 
	daily_limit BIGINT, 
	to_unlink_at BIGINT, 
	event_sequence BIGINT DEFAULT 0 NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, one_time_until BIGINT, email_since BIGINT DEFAULT 0 NOT NULL, name_skeleton TEXT, name_looks_like_id BIGINT, email_skeleton TEXT, email_looks_like_id BIGINT, 
	CONSTRAINT ck_accounts_role_known CHECK (role IN ('user', 'operator', 'auditor', 'issuer')), 
	CONSTRAINT ck_accounts_state_known CHECK (state IN ('active', 'frozen', 'unlink_pending', 'erased')), 
	CONSTRAINT uq_accounts_email_key UNIQUE (email_key), 
	CONSTRAINT uq_accounts_name_key UNIQUE (name_key)
);
INSERT INTO "accounts" VALUES(1,'System core','system core','core@ewallet.local','core@ewallet.local','','',NULL,'issuer','active',1,5,NULL,NULL,0,1795176000000,1795176000000,NULL,1795176000000,'systern core',NULL,'core@evvallet.local',NULL);
INSERT INTO "accounts" VALUES(2,'ada','ada','ada@example.org','ada@example.org','','','$argon2id$v=19$m=8,t=1,p=1$xDjzTBgGC+rPhpIaxHZEyQ$iG3XQYykxfHFcXNVvkV2uDWNrKHT4dWRxPffnLzGl9U','user','active',2,10,NULL,NULL,8,1795176000000,1795176000000,NULL,1795176000000,'ada',NULL,'ada@exarnple.org',NULL);
INSERT INTO "accounts" VALUES(3,'bob','bob','bob@example.org','bob@example.org','','','$argon2id$v=19$m=8,t=1,p=1$MbVe+dYOqNDd4wRXhGQR6g$F3hy+aj4tZQ0OvcDmw4c5ofXF9hE8QU+ucAipqY9yrk','user','active',3,15,NULL,NULL,4,1795176480000,1795176480000,NULL,1795176480000,'bob',NULL,'bob@exarnple.org',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE balances (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER NOT NULL, 
	unit TEXT NOT NULL, 
	issues INTEGER DEFAULT 0 NOT NULL, 
	amount BIGINT DEFAULT 0 NOT NULL, moved_at BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT ck_balances_within_limits CHECK (unit = 'credit' AND amount BETWEEN 0 AND 1000000000000 OR unit = 'millisecond' AND amount BETWEEN 0 AND 60000000000000000), 
	CONSTRAINT ck_balances_issuer_derived CHECK (issues = 0 OR amount = 0), 
	CONSTRAINT fk_balances_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "balances" VALUES(1,1,'credit',1,0,0);
INSERT INTO "balances" VALUES(2,1,'millisecond',1,0,0);
INSERT INTO "balances" VALUES(3,2,'credit',0,87,1795176480000);
INSERT INTO "balances" VALUES(4,2,'millisecond',0,480000,1795176480000);
INSERT INTO "balances" VALUES(5,3,'credit',0,0,1795176480000);
INSERT INTO "balances" VALUES(6,3,'millisecond',0,600000,1795176480000);
CREATE TABLE client_ids (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	hash BLOB NOT NULL, 
	last_used_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	CONSTRAINT uq_client_ids_hash UNIQUE (hash)
);
INSERT INTO "client_ids" VALUES(2,X'5DB26DB50EF2E2B2329DB7097673D86CA7E1C57F6D8E28513B16FFDDE2639AB3',1795179600000,1795183200000,1795179600000,1795179600000);
CREATE TABLE clocks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER NOT NULL, 
	ewallet_id INTEGER NOT NULL, 
	balance_id INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	time_sheet_id BIGINT, 
	conversion_sheet_id BIGINT, 
	timer_state TEXT NOT NULL, 
	timer_started_at BIGINT, 
	timer_since BIGINT, 
	timer_spent BIGINT DEFAULT 0 NOT NULL, 
	timer_pending BIGINT DEFAULT 0 NOT NULL, 
	timer_pauses BIGINT DEFAULT 0 NOT NULL, 
	runs_out_at BIGINT, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, timer_notes TEXT DEFAULT '' NOT NULL, timer_tags TEXT DEFAULT '' NOT NULL, timer_unsegmented BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT ck_clocks_timer_state_known CHECK (timer_state IN ('inactive', 'active', 'paused')), 
	CONSTRAINT fk_clocks_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_clocks_balance_id FOREIGN KEY(balance_id) REFERENCES balances (id), 
	CONSTRAINT fk_clocks_ewallet_id FOREIGN KEY(ewallet_id) REFERENCES ewallets (id)
);
INSERT INTO "clocks" VALUES(1,1,1,2,'Clock 1',2,1,'inactive',NULL,NULL,0,0,0,NULL,1795176000000,1795176000000,NULL,'','',0);
INSERT INTO "clocks" VALUES(2,2,2,4,'Clock 1',7,6,'active',1795179600000,1795179600000,0,0,0,1795180080000,1795176000000,1795179600000,NULL,'','',0);
INSERT INTO "clocks" VALUES(3,3,3,6,'Clock 1',12,11,'paused',1795176480000,1795176540000,60000,0,1,NULL,1795176480000,1795176540000,NULL,'','',0);
CREATE TABLE contact_records (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	sheet_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	name TEXT NOT NULL, 
	email TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, account_id BIGINT DEFAULT 0 NOT NULL, search_key TEXT DEFAULT '' NOT NULL, payee_account_id BIGINT, email_key TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT fk_contact_records_sheet_id FOREIGN KEY(sheet_id) REFERENCES sheets (id), 
	CONSTRAINT uq_contact_records_sheet_id_position UNIQUE (sheet_id, position)
);
CREATE TABLE "conversion_records" (
	id INTEGER NOT NULL CONSTRAINT pk_conversion_records PRIMARY KEY, 
	sheet_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	conversion_type TEXT NOT NULL, 
	milliseconds BIGINT NOT NULL, 
	credits BIGINT NOT NULL, 
	notes TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, account_id BIGINT DEFAULT 0 NOT NULL, search_key TEXT DEFAULT '' NOT NULL, from_clock_id BIGINT, to_clock_id BIGINT, 
	CONSTRAINT fk_conversion_records_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_conversion_records_sheet_id FOREIGN KEY(sheet_id) REFERENCES sheets (id), 
	CONSTRAINT uq_conversion_records_sheet_id_position UNIQUE (sheet_id, position)
);
INSERT INTO "conversion_records" VALUES(1,6,1,'Conversion 1',2,'credits2clock',1200000,20,'an hour',1795176000000,1795176000000,NULL,2,'conversion 1 an hour',NULL,NULL);
INSERT INTO "conversion_records" VALUES(2,6,2,'Conversion 2',4,'clock2credits',420000,7,'',1795176480000,1795176480000,NULL,2,'conversion 2 ',NULL,NULL);
INSERT INTO "conversion_records" VALUES(3,11,1,'Conversion 1',6,'credits2clock',600000,10,'',1795176480000,1795176480000,NULL,3,'conversion 1 ',NULL,NULL);
CREATE TABLE costs (
	balance_id INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	cost TEXT NOT NULL, 
	total TEXT NOT NULL, 
	CONSTRAINT pk_costs PRIMARY KEY (balance_id, currency, entry_id), 
	CONSTRAINT fk_costs_balance_id FOREIGN KEY(balance_id) REFERENCES balances (id), 
	CONSTRAINT fk_costs_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT uq_costs_balance_id_entry_id UNIQUE (balance_id, entry_id)
);
INSERT INTO "costs" VALUES(3,'EUR',1,'12.50','12.50');
INSERT INTO "costs" VALUES(5,'EUR',5,'12.50','12.50');
CREATE TABLE "entries" (
	id INTEGER NOT NULL CONSTRAINT pk_entries PRIMARY KEY, 
	kind TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	reverses_id INTEGER, 
	CONSTRAINT ck_entries_kind_known CHECK (kind = 'supply' OR kind = 'payment' OR kind = 'transfer' OR kind = 'credits2clock' OR kind = 'clock2credits' OR kind = 'time_spent' OR kind = 'refund'), 
	CONSTRAINT fk_entries_reverses_id FOREIGN KEY(reverses_id) REFERENCES entries (id)
);
INSERT INTO "entries" VALUES(1,'supply',1795176000000,NULL);
INSERT INTO "entries" VALUES(2,'credits2clock',1795176000000,NULL);
INSERT INTO "entries" VALUES(3,'time_spent',1795176480000,NULL);
INSERT INTO "entries" VALUES(4,'clock2credits',1795176480000,NULL);
INSERT INTO "entries" VALUES(5,'supply',1795176480000,NULL);
INSERT INTO "entries" VALUES(6,'credits2clock',1795176480000,NULL);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER NOT NULL, 
	sequence BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	data TEXT NOT NULL, 
	at BIGINT NOT NULL, request_id TEXT, movement TEXT, 
	CONSTRAINT fk_events_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_events_account_id_sequence UNIQUE (account_id, sequence)
);
INSERT INTO "events" VALUES(1,2,1,'credits_arrived','{"ewallet":2,"ewallet_credits":100,"credits":100,"transfer_from":"core@ewallet.local","notes":"","transfer_record":2,"invoice_record":2}',1795176000000,'first supply','supply');
INSERT INTO "events" VALUES(2,2,2,'credits_converted','{"ewallet":2,"clock":2,"conversion_type":"credits2clock","credits":20,"minutes":20.0,"minutes_ms":1200000,"ewallet_credits":80,"credit_clock":20.0,"credit_clock_ms":1200000,"notes":"an hour","conversion_record":1}',1795176000000,NULL,'conversion');
INSERT INTO "events" VALUES(3,2,3,'timer_started','{"clock":2,"ewallet":2,"clock_state":"active","start_timestamp":"2026-11-20T12:00:00.000Z","credit_clock":20.0,"credit_clock_ms":1200000,"minutes_spent":0.0,"minutes_spent_ms":0,"pending_time":0.0,"pending_time_ms":0,"pending_count":0,"since_timestamp":"2026-11-20T12:00:00.000Z","timer_notes":"","timer_tags":[]}',1795176000000,NULL,NULL);
INSERT INTO "events" VALUES(4,2,4,'timer_paused','{"clock":2,"ewallet":2,"clock_state":"paused","start_timestamp":"2026-11-20T12:00:00.000Z","credit_clock":18.0,"credit_clock_ms":1080000,"minutes_spent":2.0,"minutes_spent_ms":120000,"pending_time":0.0,"pending_time_ms":0,"pending_count":1,"since_timestamp":"2026-11-20T12:02:00.000Z","timer_notes":"","timer_tags":[]}',1795176120000,NULL,NULL);
INSERT INTO "events" VALUES(5,2,5,'timer_resumed','{"clock":2,"ewallet":2,"clock_state":"active","start_timestamp":"2026-11-20T12:00:00.000Z","credit_clock":18.0,"credit_clock_ms":1080000,"minutes_spent":2.0,"minutes_spent_ms":120000,"pending_time":3.0,"pending_time_ms":180000,"pending_count":1,"since_timestamp":"2026-11-20T12:05:00.000Z","timer_notes":"","timer_tags":[]}',1795176300000,NULL,NULL);
INSERT INTO "events" VALUES(6,2,6,'timer_stopped','{"clock":2,"ewallet":2,"clock_state":"inactive","start_timestamp":null,"credit_clock":15.0,"credit_clock_ms":900000,"minutes_spent":0.0,"minutes_spent_ms":0,"pending_time":0.0,"pending_time_ms":0,"pending_count":0,"since_timestamp":null,"timer_notes":"","timer_tags":[],"time_record":1,"time_start":"2026-11-20T12:00:00.000Z","time_stop":"2026-11-20T12:08:00.000Z","time_spent":5.0,"time_spent_ms":300000,"time_pending":3.0,"time_pending_ms":180000}',1795176480000,NULL,'time');
INSERT INTO "events" VALUES(7,2,7,'credits_converted','{"ewallet":2,"clock":2,"conversion_type":"clock2credits","credits":7,"minutes":7.0,"minutes_ms":420000,"ewallet_credits":87,"credit_clock":8.0,"credit_clock_ms":480000,"notes":"","conversion_record":2}',1795176480000,NULL,'conversion');
INSERT INTO "events" VALUES(8,3,1,'credits_arrived','{"ewallet":3,"ewallet_credits":10,"credits":10,"transfer_from":"core@ewallet.local","notes":"","transfer_record":4,"invoice_record":4}',1795176480000,'second supply','supply');
INSERT INTO "events" VALUES(9,3,2,'credits_converted','{"ewallet":3,"clock":3,"conversion_type":"credits2clock","credits":10,"minutes":10.0,"minutes_ms":600000,"ewallet_credits":0,"credit_clock":10.0,"credit_clock_ms":600000,"notes":"","conversion_record":3}',1795176480000,NULL,'conversion');
INSERT INTO "events" VALUES(10,3,3,'timer_started','{"clock":3,"ewallet":3,"clock_state":"active","start_timestamp":"2026-11-20T12:08:00.000Z","credit_clock":10.0,"credit_clock_ms":600000,"minutes_spent":0.0,"minutes_spent_ms":0,"pending_time":0.0,"pending_time_ms":0,"pending_count":0,"since_timestamp":"2026-11-20T12:08:00.000Z","timer_notes":"","timer_tags":[]}',1795176480000,NULL,NULL);
INSERT INTO "events" VALUES(11,3,4,'timer_paused','{"clock":3,"ewallet":3,"clock_state":"paused","start_timestamp":"2026-11-20T12:08:00.000Z","credit_clock":9.0,"credit_clock_ms":540000,"minutes_spent":1.0,"minutes_spent_ms":60000,"pending_time":0.0,"pending_time_ms":0,"pending_count":1,"since_timestamp":"2026-11-20T12:09:00.000Z","timer_notes":"","timer_tags":[]}',1795176540000,NULL,NULL);
INSERT INTO "events" VALUES(12,2,8,'timer_started','{"clock":2,"ewallet":2,"clock_state":"active","start_timestamp":"2026-11-20T13:00:00.000Z","credit_clock":8.0,"credit_clock_ms":480000,"minutes_spent":0.0,"minutes_spent_ms":0,"pending_time":0.0,"pending_time_ms":0,"pending_count":0,"since_timestamp":"2026-11-20T13:00:00.000Z","timer_notes":"","timer_tags":[]}',1795179600000,NULL,NULL);
CREATE TABLE ewallets (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER NOT NULL, 
	balance_id INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	clock_id BIGINT, 
	transfer_sheet_id BIGINT, 
	invoice_sheet_id BIGINT, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, 
	CONSTRAINT fk_ewallets_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_ewallets_balance_id FOREIGN KEY(balance_id) REFERENCES balances (id)
);
INSERT INTO "ewallets" VALUES(1,1,1,'Wallet 1',1,3,4,1795176000000,1795176000000,NULL);
INSERT INTO "ewallets" VALUES(2,2,3,'Wallet 1',2,8,9,1795176000000,1795176000000,NULL);
INSERT INTO "ewallets" VALUES(3,3,5,'Wallet 1',3,13,14,1795176480000,1795176480000,NULL);
CREATE TABLE "invoice_records" (
	id INTEGER NOT NULL CONSTRAINT pk_invoice_records PRIMARY KEY, 
	sheet_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	transfer_record_id INTEGER NOT NULL, 
	seller_account_id INTEGER NOT NULL, 
	credits BIGINT NOT NULL, 
	currency TEXT NOT NULL, 
	cost TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, account_id BIGINT DEFAULT 0 NOT NULL, search_key TEXT DEFAULT '' NOT NULL, seller_name TEXT, seller_email TEXT, buyer_name TEXT, buyer_email TEXT, 
	CONSTRAINT fk_invoice_records_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_invoice_records_seller_account_id FOREIGN KEY(seller_account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_invoice_records_sheet_id FOREIGN KEY(sheet_id) REFERENCES sheets (id), 
	CONSTRAINT fk_invoice_records_transfer_record_id FOREIGN KEY(transfer_record_id) REFERENCES transfer_records (id), 
	CONSTRAINT uq_invoice_records_sheet_id_position UNIQUE (sheet_id, position)
);
INSERT INTO "invoice_records" VALUES(1,4,1,'Invoice 1',1,1,1,100,'EUR','12.50','',1795176000000,1795176000000,NULL,1,'ada ada@example.orginvoice 1  eur','System core','core@ewallet.local','ada','ada@example.org');
INSERT INTO "invoice_records" VALUES(2,9,1,'Invoice 1',1,2,1,100,'EUR','12.50','',1795176000000,1795176000000,NULL,2,'system core core@ewallet.localinvoice 1  eur','System core','core@ewallet.local','ada','ada@example.org');
INSERT INTO "invoice_records" VALUES(3,4,5,'Invoice 5',5,3,1,10,'EUR','12.50','',1795176480000,1795176480000,NULL,1,'bob bob@example.orginvoice 5  eur','System core','core@ewallet.local','bob','bob@example.org');
INSERT INTO "invoice_records" VALUES(4,14,1,'Invoice 1',5,4,1,10,'EUR','12.50','',1795176480000,1795176480000,NULL,3,'system core core@ewallet.localinvoice 1  eur','System core','core@ewallet.local','bob','bob@example.org');
CREATE TABLE issue_reports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER, 
	reference TEXT NOT NULL, 
	name TEXT NOT NULL, 
	details TEXT NOT NULL, 
	log TEXT NOT NULL, 
	email TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT fk_issue_reports_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE login_origins (
	account_id INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	last_login_at BIGINT NOT NULL, 
	CONSTRAINT pk_login_origins PRIMARY KEY (account_id, origin), 
	CONSTRAINT fk_login_origins_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "login_origins" VALUES(2,'client 1',1795176000000);
INSERT INTO "login_origins" VALUES(3,'in process',1795176480000);
INSERT INTO "login_origins" VALUES(3,'client 1',1795176480000);
INSERT INTO "login_origins" VALUES(2,'in process',1795179600000);
INSERT INTO "login_origins" VALUES(2,'client 2',1795179600000);
CREATE TABLE login_records (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER, 
	kind TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at BIGINT NOT NULL, is_new_address BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT ck_login_records_kind_known CHECK (kind IN ('login', 'logout')), 
	CONSTRAINT fk_login_records_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "login_records" VALUES(1,2,'login','accepted','in process',1795176000000,0);
INSERT INTO "login_records" VALUES(2,3,'login','accepted','in process',1795176480000,0);
INSERT INTO "login_records" VALUES(3,2,'login','accepted','in process',1795179600000,0);
CREATE TABLE login_throttles (
	name_hash BLOB NOT NULL, 
	address TEXT NOT NULL, 
	failures BIGINT NOT NULL, 
	last_failed_at BIGINT NOT NULL, 
	CONSTRAINT pk_login_throttles PRIMARY KEY (name_hash, address)
);
CREATE TABLE permissions (
	role TEXT NOT NULL, 
	instruction TEXT NOT NULL, 
	allowed BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	CONSTRAINT pk_permissions PRIMARY KEY (role, instruction)
);
CREATE TABLE "postings" (
	entry_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	balance_id INTEGER NOT NULL, 
	unit TEXT NOT NULL, 
	amount BIGINT NOT NULL, 
	balance_after BIGINT, 
	at BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_postings PRIMARY KEY (entry_id, position), 
	CONSTRAINT ck_postings_unit_known CHECK (unit IN ('credit', 'millisecond')), 
	CONSTRAINT ck_postings_moves CHECK (amount <> 0), 
	CONSTRAINT fk_postings_balance_id FOREIGN KEY(balance_id) REFERENCES balances (id), 
	CONSTRAINT fk_postings_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id)
)
 WITHOUT ROWID

;
INSERT INTO "postings" VALUES(1,1,1,'credit',-100,NULL,1795176000000);
INSERT INTO "postings" VALUES(1,2,3,'credit',100,100,1795176000000);
INSERT INTO "postings" VALUES(2,1,3,'credit',-20,80,1795176000000);
INSERT INTO "postings" VALUES(2,2,1,'credit',20,NULL,1795176000000);
INSERT INTO "postings" VALUES(2,3,2,'millisecond',-1200000,NULL,1795176000000);
INSERT INTO "postings" VALUES(2,4,4,'millisecond',1200000,1200000,1795176000000);
INSERT INTO "postings" VALUES(3,1,4,'millisecond',-300000,900000,1795176480000);
INSERT INTO "postings" VALUES(3,2,2,'millisecond',300000,NULL,1795176480000);
INSERT INTO "postings" VALUES(4,1,4,'millisecond',-420000,480000,1795176480000);
INSERT INTO "postings" VALUES(4,2,2,'millisecond',420000,NULL,1795176480000);
INSERT INTO "postings" VALUES(4,3,1,'credit',-7,NULL,1795176480000);
INSERT INTO "postings" VALUES(4,4,3,'credit',7,87,1795176480000);
INSERT INTO "postings" VALUES(5,1,1,'credit',-10,NULL,1795176480000);
INSERT INTO "postings" VALUES(5,2,5,'credit',10,10,1795176480000);
INSERT INTO "postings" VALUES(6,1,5,'credit',-10,0,1795176480000);
INSERT INTO "postings" VALUES(6,2,1,'credit',10,NULL,1795176480000);
INSERT INTO "postings" VALUES(6,3,2,'millisecond',-600000,NULL,1795176480000);
INSERT INTO "postings" VALUES(6,4,6,'millisecond',600000,600000,1795176480000);
CREATE TABLE refused_requests (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER, 
	role TEXT NOT NULL, 
	instruction TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT fk_refused_requests_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE renewed_tokens (
	session_id INTEGER NOT NULL, 
	token_hash BLOB NOT NULL, 
	request_id TEXT NOT NULL, 
	salt BLOB NOT NULL, 
	CONSTRAINT pk_renewed_tokens PRIMARY KEY (session_id), 
	CONSTRAINT fk_renewed_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT uq_renewed_tokens_token_hash UNIQUE (token_hash)
);
CREATE TABLE reserved_emails (
	email_hash BLOB NOT NULL, 
	account_id INTEGER NOT NULL, 
	reserved_until BIGINT NOT NULL, 
	CONSTRAINT pk_reserved_emails PRIMARY KEY (email_hash), 
	CONSTRAINT fk_reserved_emails_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE "seals" (
	entry_id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	CONSTRAINT pk_seals PRIMARY KEY (entry_id), 
	CONSTRAINT fk_seals_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id)
);
INSERT INTO "seals" VALUES(1,X'576A863928AFACF351E5EA6CFF3CC97A9D7D936838C544071ED7F2EC7B7FE766');
INSERT INTO "seals" VALUES(2,X'88E7B3105A93298424E80C3AE1375619A04EDBBB777756F904EA8797A5588F44');
INSERT INTO "seals" VALUES(3,X'1C64FFF801098B4E2467F49F85F8E5A9AC188828771EA847AE9AABE1D020453F');
INSERT INTO "seals" VALUES(4,X'1AB64CB46382FF67024D27A23C965000D80597BDD16B78B171EC62879F57268B');
INSERT INTO "seals" VALUES(5,X'65638083F45FF570DBEB3EFBFB72E6BAD9414F40A9CEDE0BE56FBFE65646EFD5');
INSERT INTO "seals" VALUES(6,X'3B36014285C7655ED5554DA72604DA495BA78292BE96F1FB65ED18751B4A6E8C');
CREATE TABLE "seen_requests" (
	id INTEGER NOT NULL CONSTRAINT pk_seen_requests PRIMARY KEY, 
	scope TEXT NOT NULL, 
	request_id TEXT NOT NULL, 
	fingerprint BLOB NOT NULL, 
	answer TEXT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	CONSTRAINT uq_seen_requests_scope_request_id UNIQUE (scope, request_id)
);
INSERT INTO "seen_requests" VALUES(1,'account 2','first supply',X'40902EEC96FB4E81E37B504CF350E508CDD07B413A6DB4E4CF8D1A36670EE86D','{"failed":false,"total_credits":100,"ewallet_credits":100,"supplied_credits":100,"transfer_record":2,"invoice_record":2}',1795176000000);
INSERT INTO "seen_requests" VALUES(2,'account 3','second supply',X'AE681B222CDEA580F637C84C2696936D615A244FA3A60EDB6E26953B04C28F92','{"failed":false,"total_credits":10,"ewallet_credits":10,"supplied_credits":10,"transfer_record":4,"invoice_record":4}',1795176480000);
CREATE TABLE session_accounts (
	session_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	logged_in_at BIGINT NOT NULL, 
	CONSTRAINT pk_session_accounts PRIMARY KEY (session_id, account_id), 
	CONSTRAINT fk_session_accounts_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_session_accounts_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
INSERT INTO "session_accounts" VALUES(2,2,1795179600000);
CREATE TABLE sessions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	client_id INTEGER, 
	token_hash BLOB, 
	worker_id INTEGER NOT NULL, 
	account_id INTEGER, 
	address TEXT NOT NULL, 
	last_used_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, lifetime_ms BIGINT, reference TEXT, 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_sessions_client_id FOREIGN KEY(client_id) REFERENCES client_ids (id), 
	CONSTRAINT fk_sessions_worker_id FOREIGN KEY(worker_id) REFERENCES workers (id), 
	CONSTRAINT uq_sessions_client_id UNIQUE (client_id), 
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash)
);
INSERT INTO "sessions" VALUES(2,2,X'6D2F9FD2AF8AD815D20700358EA6000D7E585F287484A508FE852AF319E4AFA9',1,2,'in process',1795179600000,1795183200000,1795179600000,1795179600000,3600000,NULL);
CREATE TABLE sheets (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	owner_id BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	last_position BIGINT DEFAULT 0 NOT NULL, 
	record_count BIGINT DEFAULT 0 NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, 
	CONSTRAINT ck_sheets_kind_known CHECK (kind IN ('transfer', 'invoice', 'conversion', 'time', 'contact')), 
	CONSTRAINT fk_sheets_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
INSERT INTO "sheets" VALUES(1,1,'conversion',1,'Conversion sheet 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(2,1,'time',1,'Time sheet 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(3,1,'transfer',1,'Transfer sheet 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(4,1,'invoice',1,'Invoice sheet 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(5,1,'contact',1,'Contact list 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(6,2,'conversion',2,'Conversion sheet 1',2,2,1795176000000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(7,2,'time',2,'Time sheet 1',1,1,1795176000000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(8,2,'transfer',2,'Transfer sheet 1',1,1,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(9,2,'invoice',2,'Invoice sheet 1',1,1,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(10,2,'contact',2,'Contact list 1',0,0,1795176000000,1795176000000,NULL);
INSERT INTO "sheets" VALUES(11,3,'conversion',3,'Conversion sheet 1',1,1,1795176480000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(12,3,'time',3,'Time sheet 1',0,0,1795176480000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(13,3,'transfer',3,'Transfer sheet 1',1,1,1795176480000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(14,3,'invoice',3,'Invoice sheet 1',1,1,1795176480000,1795176480000,NULL);
INSERT INTO "sheets" VALUES(15,3,'contact',3,'Contact list 1',0,0,1795176480000,1795176480000,NULL);
CREATE TABLE "time_records" (
	id INTEGER NOT NULL CONSTRAINT pk_time_records PRIMARY KEY, 
	sheet_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	time_start BIGINT NOT NULL, 
	time_stop BIGINT NOT NULL, 
	time_spent BIGINT NOT NULL, 
	time_pending BIGINT NOT NULL, 
	pending_count BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, account_id BIGINT DEFAULT 0 NOT NULL, search_key TEXT DEFAULT '' NOT NULL, notes TEXT DEFAULT '' NOT NULL, tags TEXT DEFAULT '' NOT NULL, time_unsegmented BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT fk_time_records_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_time_records_sheet_id FOREIGN KEY(sheet_id) REFERENCES sheets (id), 
	CONSTRAINT uq_time_records_sheet_id_position UNIQUE (sheet_id, position)
);
INSERT INTO "time_records" VALUES(1,7,1,'Time 1',3,1795176000000,1795176480000,300000,180000,1,1795176480000,1795176480000,NULL,2,'time 1  ','','',0);
CREATE TABLE time_segments (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	clock_id INTEGER NOT NULL, 
	time_record_id INTEGER, 
	started_at BIGINT NOT NULL, 
	stopped_at BIGINT NOT NULL, 
	CONSTRAINT ck_time_segments_in_order CHECK (stopped_at >= started_at), 
	CONSTRAINT fk_time_segments_clock_id FOREIGN KEY(clock_id) REFERENCES clocks (id), 
	CONSTRAINT fk_time_segments_time_record_id FOREIGN KEY(time_record_id) REFERENCES time_records (id)
);
INSERT INTO "time_segments" VALUES(1,2,1,1795176000000,1795176120000);
INSERT INTO "time_segments" VALUES(2,2,1,1795176300000,1795176480000);
INSERT INTO "time_segments" VALUES(3,3,NULL,1795176480000,1795176540000);
CREATE TABLE "transfer_records" (
	id INTEGER NOT NULL CONSTRAINT pk_transfer_records PRIMARY KEY, 
	sheet_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	reference TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	transfer_type TEXT NOT NULL, 
	from_account_id INTEGER NOT NULL, 
	to_account_id INTEGER NOT NULL, 
	credits BIGINT NOT NULL, 
	notes TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	unlinked_at BIGINT, account_id BIGINT DEFAULT 0 NOT NULL, search_key TEXT DEFAULT '' NOT NULL, private_notes TEXT DEFAULT '' NOT NULL, from_ewallet_id BIGINT, to_ewallet_id BIGINT, 
	CONSTRAINT fk_transfer_records_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id), 
	CONSTRAINT fk_transfer_records_from_account_id FOREIGN KEY(from_account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_transfer_records_sheet_id FOREIGN KEY(sheet_id) REFERENCES sheets (id), 
	CONSTRAINT fk_transfer_records_to_account_id FOREIGN KEY(to_account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_transfer_records_sheet_id_position UNIQUE (sheet_id, position)
);
INSERT INTO "transfer_records" VALUES(1,3,1,'Transfer 1',1,'supply',1,2,100,'',1795176000000,1795176000000,NULL,1,'transfer 1  ','',NULL,NULL);
INSERT INTO "transfer_records" VALUES(2,8,1,'Transfer 1',1,'supply',1,2,100,'',1795176000000,1795176000000,NULL,2,'transfer 1  ','',NULL,NULL);
INSERT INTO "transfer_records" VALUES(3,3,5,'Transfer 5',5,'supply',1,3,10,'',1795176480000,1795176480000,NULL,1,'transfer 5  ','',NULL,NULL);
INSERT INTO "transfer_records" VALUES(4,13,1,'Transfer 1',5,'supply',1,3,10,'',1795176480000,1795176480000,NULL,3,'transfer 1  ','',NULL,NULL);
CREATE TABLE wall_clock (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	wall_at BIGINT NOT NULL, 
	boot_at BIGINT NOT NULL, 
	latest_at BIGINT NOT NULL, 
	overruled_at BIGINT NOT NULL, 
	boot_id TEXT NOT NULL, 
	confirmed_boot_at BIGINT
);
INSERT INTO "wall_clock" VALUES(1,1795176000000,1795176000000,1795176000000,0,'',NULL);
CREATE TABLE workers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	session_limit BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL
);
INSERT INTO "workers" VALUES(1,100,1795176000000,1795179600000);
CREATE INDEX ix_client_ids_expires_at ON client_ids (expires_at);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_sessions_worker_id ON sessions (worker_id);
CREATE INDEX ix_sheets_owner_id_kind ON sheets (owner_id, kind);
CREATE INDEX ix_ewallets_account_id ON ewallets (account_id);
CREATE INDEX ix_session_accounts_account_id ON session_accounts (account_id);
CREATE INDEX ix_clocks_account_id_runs_out_at ON clocks (account_id, runs_out_at);
CREATE INDEX ix_clocks_ewallet_id ON clocks (ewallet_id);
CREATE INDEX ix_clocks_runs_out_at ON clocks (runs_out_at);
CREATE INDEX ix_accounts_to_unlink_at ON accounts (to_unlink_at);
CREATE INDEX ix_login_records_account_id_kind_id ON login_records (account_id, kind, id);
CREATE INDEX ix_login_records_account_id_address ON login_records (account_id, address);
CREATE INDEX ix_login_throttles_last_failed_at ON login_throttles (last_failed_at);
CREATE INDEX ix_refused_requests_at ON refused_requests (at);
CREATE INDEX ix_issue_reports_account_id ON issue_reports (account_id);
CREATE INDEX ix_issue_reports_address_at ON issue_reports (address, at);
CREATE INDEX ix_time_segments_clock_id_time_record_id ON time_segments (clock_id, time_record_id);
CREATE INDEX ix_time_segments_clock_id_stopped_at ON time_segments (clock_id, stopped_at);
CREATE INDEX ix_time_segments_time_record_id ON time_segments (time_record_id);
CREATE INDEX ix_reserved_emails_reserved_until ON reserved_emails (reserved_until);
CREATE INDEX ix_accounts_name_skeleton ON accounts (name_skeleton);
CREATE INDEX ix_accounts_email_skeleton ON accounts (email_skeleton);
CREATE INDEX ix_contact_records_account_id_created_at_id_sheet_id ON contact_records (account_id, created_at, id, sheet_id);
CREATE INDEX ix_contact_records_payee_account_id ON contact_records (payee_account_id);
CREATE INDEX ix_contact_records_account_id_payee_account_id ON contact_records (account_id, payee_account_id);
CREATE INDEX ix_contact_records_account_id_email_key ON contact_records (account_id, email_key);
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END;
CREATE INDEX ix_entries_reverses_id ON entries (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ix_transfer_records_account_id_created_at_id_sheet_id ON transfer_records (account_id, created_at, id, sheet_id);
CREATE INDEX ix_transfer_records_entry_id ON transfer_records (entry_id);
CREATE INDEX ix_invoice_records_account_id_created_at_id_sheet_id ON invoice_records (account_id, created_at, id, sheet_id);
CREATE INDEX ix_invoice_records_entry_id ON invoice_records (entry_id);
CREATE INDEX ix_conversion_records_account_id_created_at_id_sheet_id ON conversion_records (account_id, created_at, id, sheet_id);
CREATE INDEX ix_conversion_records_entry_id ON conversion_records (entry_id);
CREATE INDEX ix_time_records_account_id_created_at_id_sheet_id ON time_records (account_id, created_at, id, sheet_id);
CREATE INDEX ix_time_records_entry_id ON time_records (entry_id);
CREATE INDEX ix_postings_balance_id_at_entry_id ON postings (balance_id, at, entry_id);
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals BEGIN SELECT RAISE(ABORT, 'seals is append-only'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals BEGIN SELECT RAISE(ABORT, 'seals is append-only'); END;
CREATE INDEX ix_sessions_account_id_last_used_at ON sessions (account_id, last_used_at) WHERE lifetime_ms IS NOT NULL AND account_id IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('time_segments',3);
INSERT INTO "sqlite_sequence" VALUES('wall_clock',1);
INSERT INTO "sqlite_sequence" VALUES('accounts',3);
INSERT INTO "sqlite_sequence" VALUES('balances',6);
INSERT INTO "sqlite_sequence" VALUES('ewallets',3);
INSERT INTO "sqlite_sequence" VALUES('clocks',3);
INSERT INTO "sqlite_sequence" VALUES('sheets',15);
INSERT INTO "sqlite_sequence" VALUES('client_ids',2);
INSERT INTO "sqlite_sequence" VALUES('workers',1);
INSERT INTO "sqlite_sequence" VALUES('sessions',2);
INSERT INTO "sqlite_sequence" VALUES('login_records',3);
INSERT INTO "sqlite_sequence" VALUES('events',12);
COMMIT;
