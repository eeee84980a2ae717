ALTER TYPE "mood" RENAME VALUE 'bad' TO 'it''s bad';
