INSERT INTO testing_accounts (email) VALUES ('fixture@example.org');
