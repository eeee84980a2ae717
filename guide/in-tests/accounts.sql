INSERT INTO accounts (email, votes) VALUES ('ada@example.org', 3), ('bob@example.org', 0);
